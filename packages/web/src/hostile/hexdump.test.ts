import { expect, test } from "vitest"
import { bytesFromBase64, firstBytes, hexdump } from "./hexdump.ts"

test("a dump has offset, two groups of eight, and the printable bytes", () => {
  const bytes = Uint8Array.from([
    ...new TextEncoder().encode("<b>root\u0000\u001b"),
    ...new Array<number>(9).fill(0xff),
  ])
  expect(hexdump(bytes)).toBe(
    [
      "00000000  3c 62 3e 72 6f 6f 74 00  1b ff ff ff ff ff ff ff  |<b>root.........|",
      "00000010  ff ff                                             |..|",
    ].join("\n"),
  )
})

test("a narrow dump has eight bytes a line", () => {
  expect(hexdump(new Uint8Array(9), 8).split("\n")).toEqual([
    "00000000  00 00 00 00 00 00 00 00  |........|",
    "00000008  00                       |.|",
  ])
})

test("nothing has no lines", () => {
  expect(hexdump(new Uint8Array())).toBe("")
})

test.each([0, 1, 2, 3, 4, 5, 6, 7])("the first %i bytes of a base64 text are those of the whole", (count) => {
  const whole = Uint8Array.from([1, 2, 3, 4, 5, 250, 255])
  const base64 = Buffer.from(whole).toString("base64")
  expect(bytesFromBase64(base64)).toEqual(whole)
  expect(firstBytes(base64, count)).toEqual(whole.subarray(0, count))
})

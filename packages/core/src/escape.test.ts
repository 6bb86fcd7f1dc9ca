import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { bytesFromText } from "./bytes.ts"
import { escapeBytes, escapeText } from "./escape.ts"

describe("escaping", () => {
  it.each([
    ["plain Ünïcode ✓", "plain Ünïcode ✓"],
    ["a\r\nb\tc", "a\\r\\nb\\tc"],
    ["\u001b[31mred", "\\x1b[31mred"],
    ["\u009b31m", "\\x9b31m"],
    ["abc\u202efdp.exe", "abc\\u202efdp.exe"],
    ["nul\u0000", "nul\\x00"],
    ["zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"],
    ["tag\u{e0041}", "tag\\u{e0041}"],
    ["back\\slash", "back\\\\slash"],
    ["line\u2028separator", "line\\u2028separator"],
  ])("%j is shown as %s", (text, shown) => expect(escapeText(text)).toBe(shown))

  it("shows bytes that are not UTF-8 one by one, and cuts long ones", () => {
    expect(escapeBytes(Uint8Array.of(0x41, 0xff, 0x5c, 0x0a))).toBe("A\\xff\\\\\\n")
    expect(escapeBytes(bytesFromText("abcdef"), 3)).toBe("abc…")
  })

  it("never lets a control or direction character through", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(escapeBytes(bytes)).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u,
        )
      }),
    )
  })
})

import { describe, expect, test } from "vitest"
import { addressOf, countryName, formatAgo, formatBytes, formatDuration } from "./format.ts"

describe("an address as people paste it", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["  192.0.2.7 ", "192.0.2.7"],
    ["192[.]0[.]2[.]7", "192.0.2.7"],
    ["192(.)0(.)2(.)7", "192.0.2.7"],
    ["2001:DB8::1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["::ffff:192.0.2.7", "::ffff:192.0.2.7"],
  ])("%s", (text, address) => {
    expect(addressOf(text)).toBe(address)
  })

  test.each(["", "example.com", "192.0.2", "192.0.2.256", "192.0.2.7/24", "12:30", "<script>"])(
    "%s is none",
    (text) => {
      expect(addressOf(text)).toBeUndefined()
    },
  )
})

test.each([
  [0, "0 B"],
  [1_023, "1,023 B"],
  [1_536, "1.5 KiB"],
  [65_536, "64 KiB"],
  [5_000_000_000, "4.7 GiB"],
])("%i bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0, "0 ms"],
  [420, "420 ms"],
  [3_200, "3.2 s"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
])("%i ms last %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text)
})

test.each([
  [1_000, "just now"],
  [42_000, "42s ago"],
  [3 * 60_000, "3m ago"],
  [5 * 3_600_000, "5h ago"],
  [49 * 3_600_000, "2d ago"],
])("%i ms ago", (elapsedMs, text) => {
  expect(formatAgo(1_000_000_000 - elapsedMs, 1_000_000_000)).toBe(text)
})

test("a country's name by its code; what is no code is no name", () => {
  expect(countryName("DE")).toBe("Germany")
  expect(countryName("")).toBe("")
  expect(countryName("<b>")).toBe("")
})

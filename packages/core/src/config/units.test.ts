import { describe, expect, it } from "vitest"
import { parseDuration, parseSize } from "./units.ts"

describe("units", () => {
  it.each([
    ["4096", 4_096],
    ["64KiB", 65_536],
    ["64 kib", 65_536],
    ["1.5MiB", 1_572_864],
    ["10MB", 10_000_000],
    ["-1", undefined],
    ["1e9", undefined],
    ["KiB", undefined],
    ["1 2", undefined],
    ["5 constructor", undefined],
  ])("size %s", (text, expected) => expect(parseSize(text)).toBe(expected))

  it.each([
    ["250", 250],
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["30 years", undefined],
    ["", undefined],
  ])("duration %s", (text, expected) => expect(parseDuration(text)).toBe(expected))
})

import { describe, expect, it } from "vitest"
import { backoffMs } from "./backoff.ts"

const options = { firstMs: 1_000, capMs: 60_000 }

describe("back-off", () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [6, 32_000],
    [7, 60_000],
    [5_000, 60_000],
  ])("after %i failures is anything up to %i ms", (failures, ceiling) => {
    expect(backoffMs(failures, options, undefined, () => 0)).toBe(0)
    expect(backoffMs(failures, options, undefined, () => 0.5)).toBe(ceiling / 2)
    expect(backoffMs(failures, options, undefined, () => 1)).toBe(ceiling)
  })

  it.each([
    [120_000, 120_500],
    [0, 500],
    [-5, 500],
    [1e12, 3_600_500],
  ])("waits at least as long as the peer asked, within an hour: %i", (retryAfterMs, expected) => {
    expect(backoffMs(1, options, retryAfterMs, () => 0.5)).toBe(expected)
  })
})

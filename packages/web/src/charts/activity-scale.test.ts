import { describe, expect, test } from "vitest"
import { countTicks, timeTicks } from "./activity-scale.ts"

describe("the axis of counts", () => {
  test.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [4, [0, 1, 2, 3, 4]],
    [5, [0, 2, 4, 6]],
    [7, [0, 2, 4, 6, 8]],
    [100, [0, 50, 100]],
    [1_999, [0, 500, 1_000, 1_500, 2_000]],
    [2_000_001, [0, 1_000_000, 2_000_000, 3_000_000]],
  ])("up to %i", (max, ticks) => {
    expect(countTicks(max)).toEqual(ticks)
  })
})

describe("the axis of times", () => {
  const from = new Date(2026, 2, 27, 14).getTime()
  const hoursLater = (hours: number) => from + hours * 3_600_000

  test("a day has full hours of an even step", () => {
    const ticks = timeTicks(from, hoursLater(24), 8).map((time) => new Date(time))
    expect(ticks.map((time) => time.getHours())).toEqual([15, 18, 21, 0, 3, 6, 9, 12])
    expect(ticks.every((time) => time.getMinutes() === 0)).toBe(true)
  })

  test("a narrow chart has fewer of them", () => {
    expect(timeTicks(from, hoursLater(24), 4).length).toBeLessThanOrEqual(4)
  })

  test.each([7, 30, 90])("%i days have local midnights, no more than fit, in equal steps", (days) => {
    for (const most of [4, 8, 16]) {
      const ticks = timeTicks(from, hoursLater(days * 24), most)
      expect(ticks.length).toBeGreaterThan(1)
      expect(ticks.length).toBeLessThanOrEqual(most)
      expect(ticks.every((time) => new Date(time).getHours() === 0)).toBe(true)
      const gaps = new Set(ticks.slice(1).map((time, i) => Math.round((time - ticks[i]!) / 86_400_000)))
      expect(gaps.size).toBe(1)
    }
  })
})

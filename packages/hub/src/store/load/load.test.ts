import { describe, expect, test } from "vitest"
import { dayMs, effectiveTime } from "./effective-time.ts"
import { HighestIds } from "./highest-ids.ts"

describe("effective time", () => {
  const received = Date.UTC(2026, 5, 15)
  test.each([
    ["a moment ago", received - 200, received - 200],
    ["five minutes ahead", received + 300_000, received + 300_000],
    ["more than five minutes ahead", received + 300_001, received],
    ["as old as is kept", received - 90 * dayMs, received - 90 * dayMs],
    ["older than is kept", received - 90 * dayMs - 1, received],
    ["1970", 0, received],
  ])("%s", (_, time, expected) => {
    expect(effectiveTime(time, received, 90)).toBe(expected)
  })
})

describe("highest ids", () => {
  test("an id is new where it is above all that its sensor sent", () => {
    const highest = new HighestIds()
    expect(highest.raise(1, "a", "b")).toBe(true)
    expect(highest.raise(1, "a", "b")).toBe(false)
    expect(highest.raise(1, "a", "a")).toBe(false)
    expect(highest.raise(1, "a", "c")).toBe(true)
    expect(highest.raise(2, "a", "a")).toBe(true)
  })

  test("what was forgotten is never taken as new: memory is bounded, the answer stays right", () => {
    const highest = new HighestIds([], 10)
    for (let i = 0; i < 100; i++) highest.raise(1, `sensor ${i}`, `id ${String(i).padStart(3, "0")}`)
    expect(highest.size).toBe(10)
    expect(highest.raise(1, "sensor 3", "id 003")).toBe(false)
    expect(highest.raise(1, "never seen", "id 050")).toBe(false)
    expect(highest.raise(1, "never seen", "id 200")).toBe(true)
  })

  test("what a full list leaves out is below its last", () => {
    const known = ["d", "c", "b"].map((id) => ({ account: 1, sensor: id, id }))
    const highest = new HighestIds(known, 3)
    expect(highest.raise(1, "left out", "b")).toBe(false)
    expect(highest.raise(1, "d", "d")).toBe(false)
    expect(highest.raise(1, "left out", "bb")).toBe(true)
    expect(new HighestIds(known, 4).raise(1, "new", "a")).toBe(true)
  })
})

import { describe, expect, it } from "vitest"
import { createUuidV7, isUuid, uuidV7Time } from "./uuid-v7.ts"

function source(times: number[]) {
  let i = 0
  let seed = 7
  return {
    now: () => times[Math.min(i++, times.length - 1)]!,
    random: (count: number) =>
      Uint8Array.from({ length: count }, () => {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff
        return seed >>> 16
      }),
  }
}

describe("createUuidV7", () => {
  it("makes ids of version 7 and the RFC's variant that tell their time", () => {
    const id = createUuidV7(source([0x0190_1234_5678]))()
    expect(isUuid(id)).toBe(true)
    expect(id).toMatch(/^01901234-5678-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(uuidV7Time(id)).toBe(0x0190_1234_5678)
  })

  it("rises strictly within a millisecond, over milliseconds, and when the clock jumps back", () => {
    const times = [
      ...new Array<number>(5_000).fill(1_700_000_000_000),
      1_700_000_000_001,
      1_600_000_000_000,
      1_600_000_000_000,
      1_700_000_000_500,
    ]
    const next = createUuidV7(source(times))
    const ids = times.map(() => next())
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it("goes on into the next millisecond when its counter is used up", () => {
    const next = createUuidV7({ now: () => 5, random: (count) => new Uint8Array(count).fill(0xff) })
    let last = next()
    // The seed leaves half of the counter: 2^29 ids; a jump is checked at the boundary by its own arithmetic.
    for (let i = 0; i < 10_000; i++) {
      const id = next()
      expect(id > last).toBe(true)
      last = id
    }
  })
})

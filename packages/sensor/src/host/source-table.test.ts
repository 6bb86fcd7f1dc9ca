import fc from "fast-check"
import { expect, it } from "vitest"
import { type Source, SourceTable } from "./source-table.ts"

const limits = { maxConnectionsPerSource: 2, maxSessionsPerSecondPerSource: 1, maxTrackedSources: 4 }

it("lets a burst through, then a rate", () => {
  const table = new SourceTable()
  const admitAt = (nowMs: number) => {
    const source = table.seen("203.0.113.1", nowMs, limits)
    const refusal = table.admit(source, limits)
    if (refusal === undefined) table.close(source)
    return refusal
  }
  for (let i = 0; i < 10; i++) expect(admitAt(0)).toBeUndefined()
  expect(admitAt(0)).toBe("maxSessionsPerSecondPerSource")
  expect(admitAt(1_000)).toBeUndefined()
  expect(admitAt(1_500)).toBe("maxSessionsPerSecondPerSource")
  expect(admitAt(2_000)).toBeUndefined()
})

it("forgets the least recently seen, never one with open sessions, and stays bounded", () => {
  const step = fc.record({ address: fc.nat(12).map(String), close: fc.boolean(), waitMs: fc.nat(5_000) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new SourceTable()
      const open: Source[] = []
      let nowMs = 0
      for (const { address, close, waitMs } of steps) {
        nowMs += waitMs
        if (close) {
          const source = open.pop()
          if (source !== undefined) table.close(source)
          continue
        }
        const source = table.seen(address, nowMs, limits)
        if (table.admit(source, limits) === undefined) open.push(source)
        for (const one of open) expect(table.find(one.address)).toBe(one)
        const busy = new Set(open).size
        expect(table.size).toBeLessThanOrEqual(Math.max(limits.maxTrackedSources, busy + 1))
        for (const one of open) expect(one.open).toBeGreaterThan(0)
      }
    }),
  )
})

import { networkOf } from "@propolis/core"
import fc from "fast-check"
import { expect, it } from "vitest"
import { UdpBudget } from "./udp-budget.ts"

const limits = { udpCreditBytesPerHour: 2_048, udpCreditBytesPerMinute: 6_000, maxTrackedSources: 8 }
const hourMs = 3_600_000
const minuteMs = 60_000

const addresses = [
  "203.0.113.1",
  "203.0.113.2",
  "198.51.100.1",
  "2001:db8::1",
  "2001:db8::2",
  "2001:db8:0:1::1",
]
const request = fc.record({
  address: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...addresses) },
    { weight: 1, arbitrary: fc.ipV4() },
  ),
  excess: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.constantFrom(1, 2_047, 2_048, 2_049)),
  // Half-windows meet the edges of windows, where two credits could be had at once.
  waitMs: fc.oneof(fc.nat(2_000), fc.constantFrom(0, minuteMs / 2, minuteMs - 1, hourMs / 2, hourMs - 1)),
})

/** The most that any span of `spanMs` holds. */
function worstSpan(grants: readonly { atMs: number; bytes: number }[], spanMs: number): number {
  let worst = 0
  for (const { atMs } of grants) {
    const within = grants.filter((grant) => grant.atMs >= atMs && grant.atMs < atMs + spanMs)
    worst = Math.max(
      worst,
      within.reduce((total, grant) => total + grant.bytes, 0),
    )
  }
  return worst
}

it("is not exceeded by any sequence, in any hour or minute, per address, per network, over all", () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 120 }), (requests) => {
      const budget = new UdpBudget()
      const all: { atMs: number; bytes: number }[] = []
      const groups = new Map<string, { atMs: number; bytes: number }[]>()
      let nowMs = 12_345
      for (const { address, excess, waitMs } of requests) {
        nowMs += waitMs
        if (!budget.spend(address, excess, nowMs, limits)) continue
        const grant = { atMs: nowMs, bytes: excess }
        all.push(grant)
        for (const key of [`address ${address}`, networkOf(address)]) {
          groups.set(key, [...(groups.get(key) ?? []), grant])
        }
      }
      expect(worstSpan(all, minuteMs)).toBeLessThanOrEqual(limits.udpCreditBytesPerMinute)
      for (const grants of groups.values()) {
        expect(worstSpan(grants, hourMs)).toBeLessThanOrEqual(limits.udpCreditBytesPerHour)
      }
      expect(budget.size).toBeLessThanOrEqual(limits.maxTrackedSources * 2)
    }),
  )
})

it("gives an honest source its credit, and again after a while", () => {
  const budget = new UdpBudget()
  expect(budget.spend("203.0.113.1", 2_048, 0, limits)).toBe(true)
  expect(budget.spend("203.0.113.1", 1, 1, limits)).toBe(false)
  expect(budget.spend("203.0.113.99", 1, 1, limits)).toBe(false)
  expect(budget.spend("203.0.114.1", 2_048, 1, limits)).toBe(true)
  expect(budget.spend("203.0.113.1", 2_048, 2 * hourMs, limits)).toBe(true)
  expect(budget.spend("203.0.113.1", 0, 2 * hourMs, limits)).toBe(true)
})

it("does not renew a credit at the turn of an hour or a minute", () => {
  const budget = new UdpBudget()
  expect(budget.spend("203.0.113.1", 2_048, hourMs - 1, limits)).toBe(true)
  expect(budget.spend("203.0.113.1", 1, hourMs + 1, limits)).toBe(false)
  const all = { ...limits, udpCreditBytesPerMinute: 2_048 }
  const other = new UdpBudget()
  expect(other.spend("203.0.113.1", 2_048, minuteMs - 1, all)).toBe(true)
  expect(other.spend("198.51.100.1", 1, minuteMs + 1, all)).toBe(false)
})

it("gives nothing to those whom it cannot remember, until others are forgotten", () => {
  const wide = { ...limits, udpCreditBytesPerMinute: 1e9 }
  const budget = new UdpBudget()
  for (let i = 0; i < 8; i++) expect(budget.spend(`10.0.${i}.1`, 1, 0, wide)).toBe(true)
  expect(budget.spend("10.0.8.1", 1, 0, wide)).toBe(false)
  expect(budget.spend("10.0.0.1", 1, 0, wide)).toBe(true)
  expect(budget.spend("10.0.8.1", 1, 2 * hourMs, wide)).toBe(true)
})

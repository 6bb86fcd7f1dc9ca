import { generateEvents } from "@propolis/testkit"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { startLoader } from "./loader.ts"
import { partitionEnd, startRetention } from "./retention.ts"
import { accepted, journalEvents, type StoreFixture, storeFixture } from "./store.fixture.ts"

const dayMs = 86_400_000

describe("retention", () => {
  let fixture: StoreFixture
  beforeEach(async () => {
    fixture = await storeFixture()
  })
  afterEach(() => fixture.remove())

  test("drops days whose last moment is over its time, keeps the rest, and rollups live longer", async () => {
    const to = Date.UTC(2026, 5, 15)
    const events = [...generateEvents({ seed: 5, count: 1_500, from: to - 4 * dayMs, to })]
    const loader = await startLoader({ ...fixture, log: () => {}, lingerMs: 0 })
    await journalEvents(
      fixture.journal,
      events.map((event) => accepted(event)),
    )
    await loader.settled()
    await loader.stop()
    const lines: string[] = []
    const retention = startRetention({
      store: fixture.store,
      log: (line) => void lines.push(line),
      retentionDays: 2,
      now: () => to + dayMs / 2,
    })
    await retention.run()
    await retention.stop()
    const oldest = to - 2 * dayMs
    const left = events.filter(({ time }) => time >= oldest)
    const [raw] = await fixture.store.query(
      "SELECT count() AS events, toUnixTimestamp64Milli(min(time)) AS first FROM events",
    )
    expect(raw).toEqual({ events: left.length, first: Math.min(...left.map(({ time }) => time)) })
    const [rollup] = await fixture.store.query("SELECT sum(events) AS events FROM hosts_hourly")
    expect(rollup).toEqual({ events: 1_500 })
    expect(lines).toContain("store: dropped events 20260611")
    expect(await startAndStop()).toBe(0)

    async function startAndStop(): Promise<number> {
      const again = startRetention({
        store: fixture.store,
        log: () => {},
        retentionDays: 2,
        now: () => to + dayMs / 2,
      })
      const dropped = await again.run()
      await again.stop()
      return dropped
    }
  })

  test.each([
    ["20260228", "day", Date.UTC(2026, 2, 1)],
    ["20251229", "week", Date.UTC(2026, 0, 5)],
    ["202612", "month", Date.UTC(2027, 0, 1)],
  ] as const)("partition %s ends with its %s", (id, span, end) => {
    expect(partitionEnd(id, span)).toBe(end)
  })
})

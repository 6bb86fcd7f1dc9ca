import { readdir } from "node:fs/promises"
import { join } from "node:path"
import type { SensorEvent } from "@propolis/core"
import { generateEvents } from "@propolis/testkit"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Store } from "./driver.ts"
import { eventsAfter } from "./index.ts"
import { readPlan } from "./load/plan.ts"
import { type Loader, startLoader } from "./loader.ts"
import { accepted, journalEvents, type StoreFixture, storeFixture } from "./store.fixture.ts"

const now = Date.UTC(2026, 5, 15, 12)
const dayMs = 86_400_000
let fixture: StoreFixture
let loader: Loader | undefined

beforeEach(async () => {
  fixture = await storeFixture()
})
afterEach(async () => {
  await loader?.stop()
  loader = undefined
  await fixture.remove()
})

function someEvents(count: number, seed = 7): SensorEvent[] {
  return [...generateEvents({ seed, count, from: now - 3 * dayMs, to: now, hosts: 50 })]
}

async function start(): Promise<Loader> {
  loader = await startLoader({ ...fixture, log: (line) => void fixture.lines.push(line), lingerMs: 5 })
  return loader
}

async function restart(): Promise<Loader> {
  await loader?.stop()
  await fixture.reopen()
  return await start()
}

/** Counts of the raw events and of every rollup that counts them all. */
async function totals() {
  const [row] = await fixture.store.query<Record<string, number>>(`
    SELECT count() AS events, uniqExact(id) AS ids, uniqExact(sequence) AS sequences,
      (SELECT sum(events) FROM activity_hourly) AS activity, (SELECT sum(events) FROM hosts_hourly) AS hosts,
      (SELECT sum(events) FROM services_hourly) AS services, (SELECT sum(events) FROM service_hosts_hourly) AS serviceHosts,
      (SELECT sum(events) FROM host_days) AS hostDays, (SELECT sum(events) FROM sessions) AS sessions,
      (SELECT sum(events) FROM sensors) AS sensors
    FROM events`)
  return row
}

function all(count: number) {
  return {
    events: count,
    ids: count,
    sequences: count,
    activity: count,
    hosts: count,
    services: count,
    serviceHosts: count,
    hostDays: count,
    sessions: count,
    sensors: count,
  }
}

describe("loader", () => {
  test("every event of the journal is stored once, in every rollup too, with the journal's ordinals as sequences", async () => {
    const events = someEvents(3_000).map((event) => accepted(event))
    await journalEvents(fixture.journal, events)
    const { settled, watermark } = await start()
    await settled()
    expect(await totals()).toEqual(all(3_000))
    expect(watermark()).toBe(3_000)
    const stored = await eventsAfter(fixture.store, { sequence: 0, limit: 5_000 })
    expect(stored.map(({ sequence, id }) => [sequence, id])).toEqual(events.map(({ id }, i) => [i + 1, id]))
  })

  test("an event comes back as it went in, byte for byte", async () => {
    const [first, ...rest] = someEvents(2_000)
    const data = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff)
    const odd: SensorEvent = {
      ...first!,
      event: "RX",
      data,
      bytes: 70_000,
      sha256: "0f".repeat(32),
      service: "DNS.udp",
      remoteHost: "2001:db8::5",
      attributes: { command: `\u0000\u202e'\\"${"ü".repeat(100)}\n`, truncated: "true" },
    }
    await journalEvents(
      fixture.journal,
      [odd, ...rest].map((event) => accepted(event, { asName: "Zürich \u2066 Net" })),
    )
    await (await start()).settled()
    const [stored] = await eventsAfter(fixture.store, { sequence: 0, limit: 1 })
    const { localHost: _, ...shown } = odd
    expect(stored).toEqual({
      ...shown,
      sequence: 1,
      data: Buffer.from(data).toString("base64"),
      country: "NL",
      asn: accepted(odd).asn,
      asName: "Zürich \u2066 Net",
    })
  })

  test("what was sent before is dropped: within a batch, in a later one, and after a restart", async () => {
    const events = someEvents(600).map((event) => accepted(event))
    await journalEvents(fixture.journal, [...events.slice(0, 300), ...events.slice(200, 300)])
    await (await start()).settled()
    expect(await totals()).toEqual(all(300))
    await journalEvents(fixture.journal, [...events.slice(100, 400), events[399]!])
    await loader!.settled()
    expect(await totals()).toEqual(all(400))
    await (await restart()).settled()
    await journalEvents(
      fixture.journal,
      events.map((event) => ({ ...event, received: event.received + 60_000 })),
    )
    await loader!.settled()
    expect(await totals()).toEqual(all(600))
    expect(loader!.stats().duplicates).toBe(400)
  })

  test("another account may use the same sensor name and ids above it stay its own", async () => {
    const [early, late] = [someEvents(2)[0]!, someEvents(2)[1]!]
    await journalEvents(fixture.journal, [accepted(late, { account: 1 })])
    await journalEvents(fixture.journal, [accepted(early, { account: 2 }), accepted(early, { account: 1 })])
    await (await start()).settled()
    expect((await totals())!.events).toBe(2)
  })

  test("a clock that cannot be right is replaced by the receive time, and its events are still stored once", async () => {
    const [event] = someEvents(1)
    const wrong = accepted({ ...event!, time: 86_400_000 }, { received: now })
    await journalEvents(fixture.journal, [wrong])
    await (await start()).settled()
    await journalEvents(fixture.journal, [{ ...wrong, received: now + 2 * dayMs }])
    await loader!.settled()
    const rows = await fixture.store.query(
      "SELECT toUnixTimestamp64Milli(time) AS time, clock_skew_ms AS skew FROM events",
    )
    expect(rows).toEqual([{ time: now, skew: 86_400_000 - now }])
  })

  test("an event whose own time fell out of the window meanwhile is recognised", async () => {
    const [event] = someEvents(1)
    const first = accepted(event!)
    await journalEvents(fixture.journal, [first])
    await (await start()).settled()
    await journalEvents(fixture.journal, [{ ...first, received: first.received + 91 * dayMs }])
    await loader!.settled()
    expect((await totals())!.events).toBe(1)
  })

  test("an id of the far future does not let its repeats through, nor hold its sensor's others back", async () => {
    const [event, other] = someEvents(2)
    const future = accepted({ ...event!, id: "ffffffff-ffff-7fff-bfff-ffffffffffff" })
    await journalEvents(fixture.journal, [future])
    await (await start()).settled()
    await journalEvents(fixture.journal, [future, accepted(other!)])
    await loader!.settled()
    expect((await totals())!.events).toBe(2)
  })

  test("a plan that was not carried out to its end is carried out again, and changes nothing twice", async () => {
    const events = someEvents(2_000).map((event) => accepted(event))
    await journalEvents(fixture.journal, events)
    let inserts = 0
    const store: Store = {
      ...fixture.store,
      async insert(request) {
        inserts++
        if (inserts === 3) throw new Error("the disk is gone for a moment")
        await fixture.store.insert(request)
      },
    }
    loader = await startLoader({ ...fixture, store, log: () => {}, lingerMs: 5 })
    await expect.poll(() => inserts, { timeout: 30_000 }).toBe(3)
    await loader.stop()
    const plan = await readPlan(join(fixture.dir, "store", "loader"))
    expect(plan!.inserts.length).toBeGreaterThan(2)
    await (await restart()).settled()
    expect(await totals()).toEqual(all(2_000))
    expect(fixture.lines.some((line) => line.includes("repeating the batch"))).toBe(true)
    await loader!.stop()
    expect(await readdir(join(fixture.dir, "store", "loader"))).toEqual(["plan.json"])
  })

  test("a journal that begins again does not give sequences twice", async () => {
    const events = someEvents(40).map((event) => accepted(event))
    await journalEvents(fixture.journal, events.slice(0, 30))
    await (await start()).settled()
    await loader!.stop()
    const old = fixture.journal
    await old.close()
    const { openJournal } = await import("@propolis/journal")
    fixture.journal = await openJournal({ dir: join(fixture.dir, "journal-2") })
    await journalEvents(fixture.journal, events.slice(30))
    await (await start()).settled()
    const stored = await eventsAfter(fixture.store, { sequence: 0, limit: 100 })
    expect(stored.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    expect(loader!.watermark()).toBe(40)
  })

  test("a record that is no event is left out and counted, the others are stored", async () => {
    const [event] = someEvents(1)
    const line = JSON.stringify(accepted(event!))
    await fixture.journal.appendDurable(new TextEncoder().encode(`{"half\n${line}\n`), 2)
    await (await start()).settled()
    expect((await totals())!.events).toBe(1)
    expect(loader!.stats()).toMatchObject({ damaged: 1, rows: 1, watermark: 2, lag: 0 })
  })
})

import { bytesFromText, type SensorEvent } from "@propolis/core"
import { generateEvents } from "@propolis/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { startLoader } from "../loader.ts"
import { accepted, journalEvents, type StoreFixture, storeFixture } from "../store.fixture.ts"
import {
  activity,
  badHosts,
  eventsAfter,
  hostSessions,
  hostSummary,
  payloadSearch,
  sensorSeen,
  serviceHosts,
  sessionEvents,
  topCredentials,
  topHosts,
  topServices,
} from "./index.ts"

const hourMs = 3_600_000
const to = Date.UTC(2026, 5, 15, 12)
const from = to - 3 * 24 * hourMs
const events = [...generateEvents({ seed: 3, count: 12_000, from, to, hosts: 40, hostSkew: 1.3 })]
const day = { from: to - 24 * hourMs, to }
const inDay = events.filter((event) => event.time >= day.from)
let fixture: StoreFixture

beforeAll(async () => {
  fixture = await storeFixture()
  const loader = await startLoader({ ...fixture, log: () => {}, lingerMs: 0, maxBatchRecords: 5_000 })
  for (let i = 0; i < events.length; i += 1_000) {
    await journalEvents(
      fixture.journal,
      events
        .slice(i, i + 1_000)
        .map((event) => accepted(event, { account: event.sensor === "sensor-a" ? 1 : 2 })),
    )
  }
  await loader.settled()
  await loader.stop()
}, 60_000)
afterAll(() => fixture.remove())

const begins = (event: SensorEvent) =>
  event.event === "CONNECT" || (event.protocol === "UDP" && event.seq === 0)

function groupBy(
  list: readonly SensorEvent[],
  key: (event: SensorEvent) => string,
): Map<string, SensorEvent[]> {
  const groups = new Map<string, SensorEvent[]>()
  for (const event of list) {
    const group = groups.get(key(event))
    if (group === undefined) groups.set(key(event), [event])
    else group.push(event)
  }
  return groups
}

/** Most connections first, then most events, then by name. */
function ranking(list: readonly SensorEvent[], key: (event: SensorEvent) => string) {
  return [...groupBy(list, key)]
    .map(([name, group]) => ({
      name,
      connections: group.filter(begins).length,
      events: group.length,
      lastSeen: Math.max(...group.map(({ time }) => time)),
      hosts: new Set(group.map(({ remoteHost }) => remoteHost)).size,
    }))
    .sort((a, b) => b.connections - a.connections || b.events - a.events || (a.name < b.name ? -1 : 1))
}

function hostRow({ name, connections, events: count, lastSeen }: ReturnType<typeof ranking>[number]) {
  const asn = 64_496 + (name.length % 3)
  return { remoteHost: name, connections, events: count, lastSeen, country: "NL", asn, asName: `AS ${asn}` }
}

function sessionRow(group: readonly SensorEvent[]) {
  const [first] = group
  const bytes = (kind: string) =>
    group.filter(({ event }) => event === kind).reduce((sum, event) => sum + event.bytes, 0)
  return {
    session: first!.session,
    remoteHost: first!.remoteHost,
    service: first!.service,
    protocol: first!.protocol,
    localPort: first!.localPort,
    remotePort: first!.remotePort,
    sensor: first!.sensor,
    startedAt: Math.min(...group.map(({ time }) => time)),
    endedAt: Math.max(...group.map(({ time }) => time)),
    events: group.length,
    bytesReceived: bytes("RX"),
    bytesTransmitted: bytes("TX"),
  }
}

describe("queries give what the events say", () => {
  test.each([
    ["a day", day, to - 48 * hourMs],
    ["a span within a day", { from: to - 5 * hourMs, to: to - 2 * hourMs }, to - 8 * hourMs],
    ["a span over one midnight", { from: to - 20 * hourMs, to: to - 10 * hourMs }, to - 30 * hourMs],
    ["all days", { from, to }, from - 72 * hourMs],
  ])("activity of %s", async (_, span, before) => {
    const result = await activity(fixture.store, span)
    const within = events.filter(({ time }) => time >= span.from && time < span.to)
    const previous = events.filter(({ time }) => time >= before && time < span.from)
    const counts = (list: readonly SensorEvent[]) => ({
      connections: list.filter(begins).length,
      received: list.filter(({ event }) => event === "RX").length,
      transmitted: list.filter(({ event }) => event === "TX").length,
    })
    expect(result.totals).toEqual({
      ...counts(within),
      hosts: new Set(within.map(({ remoteHost }) => remoteHost)).size,
    })
    expect(result.previous).toEqual(counts(previous))
    expect(result.times.length).toBe((span.to - span.from) / hourMs)
    result.times.forEach((start, i) => {
      const hour = within.filter(({ time }) => time >= start && time < start + hourMs)
      expect({
        connections: result.connections[i],
        received: result.received[i],
        transmitted: result.transmitted[i],
      }).toEqual(counts(hour))
    })
  })

  test("top hosts", async () => {
    const expected = ranking(inDay, ({ remoteHost }) => remoteHost).slice(0, 10)
    expect(await topHosts(fixture.store, { ...day, limit: 10 })).toEqual(expected.map(hostRow))
  })

  test("top services", async () => {
    const expected = ranking(inDay, ({ service }) => service).slice(0, 12)
    expect(await topServices(fixture.store, { ...day, limit: 12 })).toEqual(
      expected.map(({ name, connections, events: count, hosts, lastSeen }) => ({
        service: name,
        connections,
        events: count,
        hosts,
        lastSeen,
      })),
    )
  })

  test.each(["SSH", "ssh", "dns.UDP"])("hosts of %s, in any case", async (service) => {
    const expected = ranking(
      inDay.filter((event) => event.service.toLowerCase() === service.toLowerCase()),
      ({ remoteHost }) => remoteHost,
    ).slice(0, 5)
    expect(expected.length).toBeGreaterThan(0)
    expect(await serviceHosts(fixture.store, { service, ...day, limit: 5 })).toEqual(expected.map(hostRow))
  })

  test("host summary", async () => {
    const [host, group] = [...groupBy(events, ({ remoteHost }) => remoteHost)].sort(
      (a, b) => b[1].length - a[1].length,
    )[0]!
    const summary = await hostSummary(fixture.store, { host })
    const sums = (key: (event: SensorEvent) => string) =>
      [...groupBy(group, key)]
        .map(([name, list]) => [name, list.length] as const)
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    const { events: count, bytesReceived, bytesTransmitted, startedAt, endedAt } = sessionRow(group)
    expect(summary).toMatchObject({
      remoteHost: host,
      firstSeen: startedAt,
      lastSeen: endedAt,
      connections: group.filter(begins).length,
      events: count,
      bytesReceived,
      bytesTransmitted,
      verified: true,
      protocols: sums(({ protocol }) => protocol).map(([protocol, n]) => ({ protocol, events: n })),
      services: sums(({ service }) => service).map(([service, n]) => ({ service, events: n })),
    })
    const days = groupBy(group, ({ time }) => String(Math.floor(time / 86_400_000) * 86_400_000))
    expect(summary!.days).toEqual(
      [...days]
        .map(([start, list]) => ({
          day: Number(start),
          connections: list.filter(begins).length,
          events: list.length,
        }))
        .sort((a, b) => a.day - b.day),
    )
    const lastDay = await hostSummary(fixture.store, { host, from: Date.UTC(2026, 5, 15), to })
    expect(lastDay!.events).toBe(days.get(String(Date.UTC(2026, 5, 15)))!.length)
    const hour = Math.floor(endedAt / 3_600_000) * 3_600_000
    const inHour = group.filter(({ time }) => time >= hour)
    const { country, asn, asName } = summary!
    expect(await hostSummary(fixture.store, { host, from: endedAt })).toMatchObject({
      firstSeen: Math.min(...inHour.map(({ time }) => time)),
      lastSeen: endedAt,
      connections: inHour.filter(begins).length,
      events: inHour.length,
      country,
      asn,
      asName,
      days: [{ events: inHour.length }],
    })
    expect(inHour.length).toBeLessThan(lastDay!.events)
    expect(await hostSummary(fixture.store, { host, from: to + 3_600_000 })).toBeUndefined()
    expect(await hostSummary(fixture.store, { host: "192.0.2.254' OR 1=1" })).toBeUndefined()
  })

  test("host sessions, page by page, newest first", async () => {
    const [host, group] = [...groupBy(events, ({ remoteHost }) => remoteHost)].sort(
      (a, b) => b[1].length - a[1].length,
    )[0]!
    const expected = [...groupBy(group, ({ session }) => session).values()]
      .map(sessionRow)
      .sort((a, b) => b.startedAt - a.startedAt || (a.session < b.session ? 1 : -1))
    const seen: unknown[] = []
    let before: string | undefined
    do {
      const page = await hostSessions(fixture.store, {
        host,
        limit: 33,
        ...(before === undefined ? {} : { before }),
      })
      seen.push(...page.rows)
      before = page.next ?? undefined
    } while (before !== undefined)
    expect(seen).toEqual(expected)
    const recent = await hostSessions(fixture.store, { host, limit: 200, from: to - hourMs * 2 })
    expect(recent.rows).toEqual(
      expected.filter(({ startedAt }) => startedAt >= to - 2 * hourMs).slice(0, 200),
    )
    expect(await hostSessions(fixture.store, { host: "192.0.2.254", limit: 5 })).toEqual({
      rows: [],
      next: null,
    })
  })

  test("one session with its events", async () => {
    const groups = [...groupBy(events, ({ session }) => session).values()]
    const group = groups.find((list) => list.length > 8)!
    const detail = await sessionEvents(fixture.store, { session: group[0]!.session, limit: 5 })
    expect(detail!.session).toEqual(sessionRow(group))
    expect(detail!.more).toBe(true)
    expect(detail!.events.map(({ id, data }) => [id, data])).toEqual(
      group.slice(0, 5).map(({ id, data }) => [id, Buffer.from(data).toString("base64")]),
    )
    expect(
      await sessionEvents(fixture.store, { session: "00000000-0000-4000-8000-000000000000", limit: 5 }),
    ).toBeUndefined()
  })

  test.each([
    ["all", {}, () => true],
    ["of a service", { service: "TELNET" }, (event: SensorEvent) => event.service === "Telnet"],
    ["of an account", { account: 1 }, (event: SensorEvent) => event.sensor === "sensor-a"],
  ] as const)("bad hosts: %s", async (_, options, filter) => {
    const rows = []
    for await (const some of badHosts(fixture.store, { ...day, ...options })) rows.push(...some)
    const expected = ranking(inDay.filter(filter), ({ remoteHost }) => remoteHost)
      .filter(({ connections }) => connections > 0)
      .sort((a, b) => b.connections - a.connections || (a.name < b.name ? -1 : 1))
    expect(rows).toEqual(
      expected.map(({ name, connections, lastSeen }) => ({ remoteHost: name, connections, lastSeen })),
    )
  })

  test.each([
    ["text", bytesFromText("Mozilla/5.0 zgrab")],
    ["markup", bytesFromText("<script>alert(1)")],
    ["bytes with NUL", Uint8Array.of(0x00, 0x25, 0x30, 0x30, 0x20)],
    ["a quote that is none", bytesFromText("' OR 1=1 --")],
    ["a byte that is no UTF-8", Uint8Array.of(0xff, 0xfd)],
  ])("payload search: %s", async (_, needle) => {
    const within = events
      .map((event, i) => ({ event, sequence: i + 1 }))
      .filter(({ event }) => event.time >= day.from && Buffer.from(event.data).includes(Buffer.from(needle)))
    const found = await payloadSearch(fixture.store, { needle, ...day, limit: 30 })
    expect(found.map(({ sequence }) => sequence)).toEqual(
      within
        .map(({ sequence }) => sequence)
        .reverse()
        .slice(0, 30),
    )
  })

  test("top credentials", async () => {
    const days = events.filter(({ time }) => time >= Date.UTC(2026, 5, 14))
    const tried = groupBy(
      days.filter(({ attributes }) => "username" in attributes),
      ({ attributes }) => `${attributes.username} ${attributes.password}`,
    )
    const expected = [...tried.values()]
      .map((list) => ({
        username: list[0]!.attributes.username!,
        password: list[0]!.attributes.password!,
        attempts: list.length,
        lastSeen: Math.max(...list.map(({ time }) => time)),
      }))
      .sort(
        (a, b) =>
          b.attempts - a.attempts ||
          (a.username < b.username ? -1 : a.username > b.username ? 1 : a.password < b.password ? -1 : 1),
      )
    expect(await topCredentials(fixture.store, { ...day, limit: 15 })).toEqual(expected.slice(0, 15))
  })

  test("events after a sequence, and sensors", async () => {
    const some = await eventsAfter(fixture.store, { sequence: 11_990, limit: 4 })
    expect(some.map(({ sequence, id }) => [sequence, id])).toEqual(
      events.slice(11_990, 11_994).map(({ id }, i) => [11_991 + i, id]),
    )
    const sensors = await sensorSeen(fixture.store)
    const groups = groupBy(events, ({ sensor }) => sensor)
    expect(
      sensors.map(({ account, sensor, events: count, lastSeen }) => [account, sensor, count, lastSeen]),
    ).toEqual(
      ["sensor-a", "sensor-b", "sensor-c"].map((sensor, i) => [
        i === 0 ? 1 : 2,
        sensor,
        groups.get(sensor)!.length,
        Math.max(...groups.get(sensor)!.map(({ time }) => time)) + 50,
      ]),
    )
    expect((await sensorSeen(fixture.store, { account: 1 })).map(({ sensor }) => sensor)).toEqual([
      "sensor-a",
    ])
  })
})

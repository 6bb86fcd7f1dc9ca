import type { HostSummary, Protocol } from "@propolis/core"
import { specialUseOf } from "@propolis/core"
import type { Store } from "../driver.ts"
import { hourParameters } from "./hour-span.ts"

/** Everything: out of the rollup by day. */
const allSql = `
SELECT toUInt16(t.day) AS dayNumber, service, protocol, sum(t.connections) AS connections, sum(t.events) AS events,
  sum(t.bytes_received) AS received, sum(t.bytes_transmitted) AS transmitted,
  toUnixTimestamp64Milli(min(t.first_seen)) AS firstSeen, toUnixTimestamp64Milli(max(t.last_seen)) AS lastSeen,
  anyLast(t.country) AS country, anyLast(t.asn) AS asn, anyLast(t.as_name) AS asName
FROM host_days AS t
WHERE remote_host = {host:String}
GROUP BY t.day, service, protocol ORDER BY t.day`

/** A span: the rows of its hours' sessions. They do not tell where the host is. */
const spanSql = `
SELECT toUInt16(toDate(t.hour)) AS dayNumber, t.service AS service, toString(t.protocol) AS protocol,
  sum(t.connections) AS connections, sum(t.events) AS events,
  sum(t.bytes_received) AS received, sum(t.bytes_transmitted) AS transmitted,
  toUnixTimestamp64Milli(min(t.started_at)) AS firstSeen, toUnixTimestamp64Milli(max(t.ended_at)) AS lastSeen
FROM sessions AS t
WHERE remote_host = {host:String} AND hour >= {fromHour:UInt32} AND hour < {toHour:UInt32}
GROUP BY dayNumber, service, protocol ORDER BY dayNumber`

const originSql = `
SELECT anyLast(t.country) AS country, anyLast(t.asn) AS asn, anyLast(t.as_name) AS asName
FROM host_days AS t WHERE remote_host = {host:String} GROUP BY t.day ORDER BY t.day DESC LIMIT 1`

interface Origin {
  readonly country: string
  readonly asn: number
  readonly asName: string
}

interface Row {
  readonly dayNumber: number
  readonly service: string
  readonly protocol: Protocol
  readonly connections: number
  readonly events: number
  readonly received: number
  readonly transmitted: number
  readonly firstSeen: number
  readonly lastSeen: number
}

/** All that is known of a host, by day; with `from` or `to`, what was seen in the hours that they touch. `undefined` where it was not seen. */
export async function hostSummary(
  store: Store,
  options: { readonly host: string; readonly from?: number; readonly to?: number },
): Promise<HostSummary | undefined> {
  const { host } = options
  const { rows, origin } = await seen(store, options)
  if (rows.length === 0 || origin === undefined) return undefined
  const days = new Map<number, { day: number; connections: number; events: number }>()
  for (const row of rows) {
    const day = row.dayNumber * 86_400_000
    const known = days.get(day) ?? { day, connections: 0, events: 0 }
    days.set(day, {
      day,
      connections: known.connections + row.connections,
      events: known.events + row.events,
    })
  }
  const sum = (name: "connections" | "events" | "received" | "transmitted") =>
    rows.reduce((total, row) => total + row[name], 0)
  return {
    remoteHost: host,
    firstSeen: Math.min(...rows.map((row) => row.firstSeen)),
    lastSeen: Math.max(...rows.map((row) => row.lastSeen)),
    connections: sum("connections"),
    events: sum("events"),
    bytesReceived: sum("received"),
    bytesTransmitted: sum("transmitted"),
    verified: rows.some((row) => row.protocol === "TCP"),
    country: origin.country,
    asn: origin.asn,
    asName: origin.asName,
    specialUse: specialUseOf(host) ?? "",
    protocols: eventsBy(rows, (row) => row.protocol).map(([protocol, events]) => ({ protocol, events })),
    services: eventsBy(rows, (row) => row.service).map(([service, events]) => ({ service, events })),
    days: [...days.values()],
  }
}

async function seen(
  store: Store,
  options: { readonly host: string; readonly from?: number; readonly to?: number },
): Promise<{ readonly rows: readonly Row[]; readonly origin: Origin | undefined }> {
  const { host, from, to } = options
  if (from === undefined && to === undefined) {
    const rows = await store.query<Row & Origin>(allSql, { host })
    return { rows, origin: rows.at(-1) }
  }
  const span = hourParameters({ from: from ?? 0, to: to ?? endOfTime })
  const rows = await store.query<Row>(spanSql, { host, ...span })
  const origins = rows.length === 0 ? [] : await store.query<Origin>(originSql, { host })
  return { rows, origin: origins[0] }
}

/** Far enough: the year 2100. */
const endOfTime = 4_102_444_800_000

/** Sums of events by a key, largest first. */
function eventsBy<Key extends string>(rows: readonly Row[], key: (row: Row) => Key): [Key, number][] {
  const sums = new Map<Key, number>()
  for (const row of rows) sums.set(key(row), (sums.get(key(row)) ?? 0) + row.events)
  return [...sums].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}

import type { HostSummary, Protocol } from "@propolis/core"
import { specialUseOf } from "@propolis/core"
import type { Store } from "../driver.ts"
import { dayParameters } from "./hour-span.ts"

const sql = `
SELECT toUInt16(t.day) AS dayNumber, service, protocol, sum(t.connections) AS connections, sum(t.events) AS events,
  sum(t.bytes_received) AS received, sum(t.bytes_transmitted) AS transmitted,
  toUnixTimestamp64Milli(min(t.first_seen)) AS firstSeen, toUnixTimestamp64Milli(max(t.last_seen)) AS lastSeen,
  anyLast(t.country) AS country, anyLast(t.asn) AS asn, anyLast(t.as_name) AS asName
FROM host_days AS t
WHERE remote_host = {host:String} AND day >= {fromDay:Date} AND day <= {lastDay:Date}
GROUP BY t.day, service, protocol ORDER BY t.day`

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
  readonly country: string
  readonly asn: number
  readonly asName: string
}

/** All that is known of a host, by day, in the days that `from` to `to` touch; `undefined` where it was not seen. */
export async function hostSummary(
  store: Store,
  options: { readonly host: string; readonly from?: number; readonly to?: number },
): Promise<HostSummary | undefined> {
  const { host, from = 0, to = Number.MAX_SAFE_INTEGER } = options
  const rows = await store.query<Row>(sql, { host, ...dayParameters({ from, to }) })
  const last = rows.at(-1)
  if (last === undefined) return undefined
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
    country: last.country,
    asn: last.asn,
    asName: last.asName,
    specialUse: specialUseOf(host) ?? "",
    protocols: eventsBy(rows, (row) => row.protocol).map(([protocol, events]) => ({ protocol, events })),
    services: eventsBy(rows, (row) => row.service).map(([service, events]) => ({ service, events })),
    days: [...days.values()],
  }
}

/** Sums of events by a key, largest first. */
function eventsBy<Key extends string>(rows: readonly Row[], key: (row: Row) => Key): [Key, number][] {
  const sums = new Map<Key, number>()
  for (const row of rows) sums.set(key(row), (sums.get(key(row)) ?? 0) + row.events)
  return [...sums].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}

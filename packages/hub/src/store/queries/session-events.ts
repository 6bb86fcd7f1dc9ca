import type { SessionDetail, SessionRow } from "@propolis/core"
import type { Store } from "../driver.ts"
import { queryEvents, storedEventColumns } from "./stored-event.ts"

/** The index on sessions is a projection; the engine would not use it in a small table, and reads more with its top-k filter. */
const settings = "SETTINGS min_table_rows_to_use_projection_index = 0, use_top_k_dynamic_filtering = 0"
const where = "e.session = {session:UUID} AND e.time >= fromUnixTimestamp64Milli({from:Int64})"
const eventsSql = `
SELECT ${storedEventColumns} FROM events AS e
WHERE ${where} ORDER BY seq, sequence LIMIT {limit:UInt32} ${settings}`

const rowSql = `
SELECT toString(e.session) AS session, argMin(remote_host, (seq, sequence)) AS remoteHost, argMin(service, (seq, sequence)) AS service,
  toString(argMin(protocol, (seq, sequence))) AS protocol, argMin(local_port, (seq, sequence)) AS localPort,
  argMin(remote_port, (seq, sequence)) AS remotePort, argMin(sensor, (seq, sequence)) AS sensor,
  toUnixTimestamp64Milli(min(time)) AS startedAt, toUnixTimestamp64Milli(max(time)) AS endedAt, count() AS events,
  sumIf(bytes, event = 'RX') AS bytesReceived, sumIf(bytes, event = 'TX') AS bytesTransmitted
FROM events AS e WHERE ${where} GROUP BY e.session ${settings}`

/**
 * One session with its events by `seq`, at most `limit`; `undefined` where it is unknown or began before `from` (Unix ms).
 * `session` must be a UUID.
 */
export async function sessionEvents(
  store: Store,
  options: { readonly session: string; readonly limit: number; readonly from?: number },
): Promise<SessionDetail | undefined> {
  const { session, limit, from = 0 } = options
  const [rows, events] = await Promise.all([
    store.query<SessionRow>(rowSql, { session, from }),
    queryEvents(store, eventsSql, { session, from, limit: limit + 1 }),
  ])
  const row = rows[0]
  if (row === undefined) return undefined
  return { session: row, events: events.slice(0, limit), more: events.length > limit }
}

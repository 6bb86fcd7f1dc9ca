import type { HostRow } from "@propolis/core"
import type { Store } from "../driver.ts"
import { hostRowColumns } from "./host-row.ts"
import { hourParameters, type Span } from "./hour-span.ts"

const sql = `
SELECT ${hostRowColumns}
FROM hosts_hourly AS t
WHERE hour >= {fromHour:UInt32} AND hour < {toHour:UInt32} AND remote_host IN (
  SELECT remote_host FROM hosts_hourly WHERE hour >= {fromHour:UInt32} AND hour < {toHour:UInt32}
  GROUP BY remote_host ORDER BY sum(connections) DESC, sum(events) DESC, remote_host LIMIT {limit:UInt32})
GROUP BY remote_host ORDER BY connections DESC, events DESC, remoteHost`

/** The hosts with the most connections, in the hours that the span touches. */
export async function topHosts(store: Store, options: Span & { readonly limit: number }): Promise<HostRow[]> {
  return await store.query<HostRow>(sql, { ...hourParameters(options), limit: options.limit })
}

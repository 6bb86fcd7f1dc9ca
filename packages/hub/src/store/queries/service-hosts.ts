import type { HostRow } from "@propolis/core"
import type { Store } from "../driver.ts"
import { hostRowColumns } from "./host-row.ts"
import { hourParameters, type Span } from "./hour-span.ts"

const where = "service_key = lower({service:String}) AND hour >= {fromHour:UInt32} AND hour < {toHour:UInt32}"
const sql = `
SELECT ${hostRowColumns}
FROM service_hosts_hourly AS t
WHERE ${where} AND remote_host IN (
  SELECT remote_host FROM service_hosts_hourly WHERE ${where}
  GROUP BY remote_host ORDER BY sum(connections) DESC, sum(events) DESC, remote_host LIMIT {limit:UInt32})
GROUP BY remote_host ORDER BY connections DESC, events DESC, remoteHost`

/** Who spoke to a service, most connections first; the service's name in any case. */
export async function serviceHosts(
  store: Store,
  options: Span & { readonly service: string; readonly limit: number },
): Promise<HostRow[]> {
  return await store.query<HostRow>(sql, {
    ...hourParameters(options),
    service: options.service,
    limit: options.limit,
  })
}

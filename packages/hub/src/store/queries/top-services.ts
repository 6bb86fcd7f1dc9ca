import type { ServiceRow } from "@propolis/core"
import type { Store } from "../driver.ts"
import { hourParameters, type Span } from "./hour-span.ts"

const sql = `
SELECT service, connections, events, hosts, toUnixTimestamp64Milli(seen) AS lastSeen FROM (
  SELECT service, sum(t.connections) AS connections, sum(t.events) AS events, max(last_seen) AS seen
  FROM services_hourly AS t
  WHERE hour >= {fromHour:UInt32} AND hour < {toHour:UInt32}
  GROUP BY service ORDER BY connections DESC, events DESC, service LIMIT {limit:UInt32}
) AS services
LEFT JOIN (
  SELECT service_key, uniqExact(remote_host) AS hosts FROM service_hosts_hourly
  WHERE hour >= {fromHour:UInt32} AND hour < {toHour:UInt32} GROUP BY service_key
) AS counted ON lower(services.service) = counted.service_key
ORDER BY connections DESC, events DESC, service`

/** The services with the most connections, in the hours that the span touches. */
export async function topServices(
  store: Store,
  options: Span & { readonly limit: number },
): Promise<ServiceRow[]> {
  return await store.query<ServiceRow>(sql, { ...hourParameters(options), limit: options.limit })
}

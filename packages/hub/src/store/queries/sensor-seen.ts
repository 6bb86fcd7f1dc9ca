import type { Store } from "../driver.ts"

export interface SensorSeen {
  readonly account: number
  readonly sensor: string
  readonly events: number
  /** By the hub's clock, Unix ms. */
  readonly firstSeen: number
  readonly lastSeen: number
}

const sql = `
SELECT account, sensor, sum(t.events) AS events,
  toUnixTimestamp64Milli(min(t.first_seen)) AS firstSeen, toUnixTimestamp64Milli(max(t.last_seen)) AS lastSeen
FROM sensors AS t
WHERE empty({accounts:Array(UInt32)}) OR has({accounts:Array(UInt32)}, account)
GROUP BY account, sensor ORDER BY account, sensor LIMIT 10000`

/** Sensors and when the hub heard of them, of one account or of all. */
export async function sensorSeen(
  store: Store,
  options: { readonly account?: number } = {},
): Promise<SensorSeen[]> {
  return await store.query<SensorSeen>(sql, {
    accounts: options.account === undefined ? [] : [options.account],
  })
}

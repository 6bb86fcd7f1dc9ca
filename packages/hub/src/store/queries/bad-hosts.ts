import type { Store } from "../driver.ts"
import { hourParameters, type Span } from "./hour-span.ts"

export interface BadHost {
  readonly remoteHost: string
  readonly connections: number
  /** Unix ms. */
  readonly lastSeen: number
}

const columns = "remote_host, sum(connections) AS total, toUnixTimestamp64Milli(max(last_seen)) AS seen"
const where =
  "hour >= {fromHour:UInt32} AND hour < {toHour:UInt32} AND (empty({accounts:Array(UInt32)}) OR has({accounts:Array(UInt32)}, account))"
const tail = "GROUP BY remote_host HAVING total > 0 ORDER BY total DESC, remote_host"

const sql = `SELECT ${columns} FROM hosts_hourly WHERE ${where} ${tail}`
const serviceSql = `SELECT ${columns} FROM service_hosts_hourly WHERE service_key = lower({service:String}) AND ${where} ${tail}`

export interface BadHostsOptions extends Span {
  /** Those who spoke to this service alone; its name in any case. */
  readonly service?: string
  /** What this account's sensors saw alone. */
  readonly account?: number
}

/** Every host that connected in the hours that the span touches, most connections first, some at a time. */
export async function* badHosts(
  store: Store,
  options: BadHostsOptions,
): AsyncGenerator<BadHost[], void, undefined> {
  const parameters = {
    ...hourParameters(options),
    accounts: options.account === undefined ? [] : [options.account],
  }
  const rows =
    options.service === undefined
      ? store.stream(sql, parameters)
      : store.stream(serviceSql, { ...parameters, service: options.service })
  for await (const some of rows) {
    yield some.map((row) => {
      const [remoteHost, connections, lastSeen] = row as [string, number, number]
      return { remoteHost, connections, lastSeen }
    })
  }
}

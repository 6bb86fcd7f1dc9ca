import type { Store } from "../driver.ts"
import { dayParameters, type Span } from "./hour-span.ts"

export interface CredentialRow {
  readonly username: string
  readonly password: string
  readonly attempts: number
  /** Unix ms. */
  readonly lastSeen: number
}

const sql = `
SELECT username, password, sum(t.attempts) AS attempts, toUnixTimestamp64Milli(max(t.last_seen)) AS lastSeen
FROM credentials_daily AS t
WHERE day >= {fromDay:Date} AND day <= {lastDay:Date}
GROUP BY username, password ORDER BY attempts DESC, username, password LIMIT {limit:UInt32}`

/** The credentials tried most, in the days (UTC) that the span touches. */
export async function topCredentials(
  store: Store,
  options: Span & { readonly limit: number },
): Promise<CredentialRow[]> {
  return await store.query<CredentialRow>(sql, { ...dayParameters(options), limit: options.limit })
}

import { hexFromBytes, type StoredEvent } from "@propolis/core"
import type { Store } from "../driver.ts"
import { dayParameters, type Span } from "./hour-span.ts"
import { queryEvents, storedEventColumns } from "./stored-event.ts"

/** Digests that are looked for at most; the newest `limit` events have no more than `limit` of them. */
const maxDigests = 2_000

/** Every payload is looked at once, however often it came; the events are then found by digest, newest first. */
const sql = `
SELECT ${storedEventColumns} FROM events AS e
PREWHERE sha256 IN (
  SELECT sha256 FROM payloads
  WHERE day >= {fromDay:Date} AND day <= {lastDay:Date} AND position(data, unhex({needle:String})) > 0
  GROUP BY sha256 ORDER BY max(last_sequence) DESC LIMIT {digests:UInt32})
WHERE time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({to:Int64})
  AND position(data, unhex({needle:String})) > 0
ORDER BY sequence DESC LIMIT {limit:UInt32}`

/**
 * The newest events whose stored payload holds these bytes, newest first.
 * `needle` has 1 to 256 bytes. Where more than 2,000 different payloads hold them, only the latest 2,000 are looked for.
 */
export async function payloadSearch(
  store: Store,
  options: Span & { readonly needle: Uint8Array; readonly limit: number },
): Promise<StoredEvent[]> {
  const { needle, from, to, limit } = options
  if (needle.length < 1 || needle.length > 256) throw new RangeError("expected a needle of 1 to 256 bytes")
  const parameters = {
    from,
    to,
    ...dayParameters(options),
    needle: hexFromBytes(needle),
    limit,
    digests: Math.max(limit, maxDigests),
  }
  return await queryEvents(store, sql, parameters)
}

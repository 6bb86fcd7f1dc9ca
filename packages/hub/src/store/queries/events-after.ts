import type { StoredEvent } from "@propolis/core"
import type { Store } from "../driver.ts"
import { queryEvents, storedEventColumns } from "./stored-event.ts"

const sql = `
SELECT ${storedEventColumns} FROM events
WHERE sequence > {sequence:UInt64} AND sequence <= {settled:UInt64}
ORDER BY sequence LIMIT {limit:UInt32}`

/**
 * Settled events after a sequence, rising: to resume a live stream. What is not settled yet is left out, so that nothing
 * can appear later behind what was already given.
 */
export async function eventsAfter(
  store: Store,
  options: { readonly sequence: number; readonly limit: number },
): Promise<StoredEvent[]> {
  const { sequence, limit } = options
  return await queryEvents(store, sql, { sequence, settled: store.settledSequence(), limit })
}

/** Which ids the store has already: the exact look-up behind de-duplication. */
import type { Store } from "../driver.ts"
import type { Candidate } from "./batch-builder.ts"
import { dayMs } from "./effective-time.ts"

/** Ids in one statement: the engine refuses texts over 256 KiB. */
const idsPerQuery = 4_000

// An event lies at the time that its sensor claimed, unless that was not credible when it came first.
const eventsSql = `
SELECT toString(e.id) AS id FROM events AS e
WHERE e.time >= fromUnixTimestamp64Milli({from:Int64}) AND e.time <= fromUnixTimestamp64Milli({to:Int64}) AND e.id IN {ids:Array(UUID)}
`
const skewedSql = "SELECT toString(e.id) AS id FROM skewed_events AS e WHERE e.id IN {ids:Array(UUID)}"

/** The engine's times end here; nothing is stored at a later one. */
const latestMs = Date.UTC(2299, 0, 1)

export async function findStoredIds(store: Store, candidates: readonly Candidate[]): Promise<string[]> {
  const found = new Set<string>()
  const byTime = candidates
    .map(({ id, time }) => ({ id, time: Math.min(time, latestMs) }))
    .sort((a, b) => a.time - b.time)
  for (let start = 0; start < byTime.length; ) {
    const first = byTime[start]!
    let end = start + 1
    // One day at most, so that one statement reads one partition.
    const day = Math.floor(first.time / dayMs)
    while (end < byTime.length && end - start < idsPerQuery && Math.floor(byTime[end]!.time / dayMs) === day)
      end++
    const some = byTime.slice(start, end)
    const ids = some.map(({ id }) => id)
    const parameters = { from: first.time, to: some.at(-1)!.time, ids }
    const [stored, skewed] = await Promise.all([
      store.query<{ id: string }>(eventsSql, parameters),
      store.query<{ id: string }>(skewedSql, { ids }),
    ])
    for (const { id } of [...stored, ...skewed]) found.add(id)
    start = end
  }
  return [...found]
}

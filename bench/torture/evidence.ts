/** What a stopped hub's store holds, against what clients saw. */
import { openStore } from "@propolis/hub"
import type { Check } from "./processes.ts"

export interface Evidence {
  readonly events: number
  readonly distinctIds: number
  readonly sessions: number
  /** Sessions whose `seq` is not 0, 1, 2 … */
  readonly sessionsWithGaps: number
  /** Payload text → how many RX and TX events carry it. */
  readonly received: ReadonlyMap<string, number>
  readonly transmitted: ReadonlyMap<string, number>
}

/** Reads the store below a hub's folder; the hub must be stopped. */
export async function readEvidence(storeDir: string): Promise<Evidence> {
  const store = await openStore({ dir: storeDir, log: () => {} })
  try {
    const [totals] = await store.query<{ events: string; ids: string }>(
      "SELECT count() AS events, uniqExact(id) AS ids FROM events",
      {},
    )
    const [sessions] = await store.query<{ sessions: string; gaps: string }>(
      `SELECT count() AS sessions, countIf(n != last + 1 OR n != seqs) AS gaps
       FROM (SELECT session, count() AS n, max(seq) AS last, uniqExact(seq) AS seqs FROM events GROUP BY session)`,
      {},
    )
    const payloads = await store.query<{ event: string; data: string; n: string }>(
      "SELECT event, data, count() AS n FROM events WHERE event IN ('RX', 'TX') GROUP BY event, data",
      {},
    )
    const of = (kind: string) =>
      new Map(payloads.filter((row) => row.event === kind).map((row) => [row.data, Number(row.n)]))
    return {
      events: Number(totals!.events),
      distinctIds: Number(totals!.ids),
      sessions: Number(sessions!.sessions),
      sessionsWithGaps: Number(sessions!.gaps),
      received: of("RX"),
      transmitted: of("TX"),
    }
  } finally {
    await store.close()
  }
}

/** Answered markers that are not there exactly once as RX and once as TX. */
function missingMarkers(evidence: Evidence, answered: ReadonlySet<string>): string[] {
  return [...answered].filter(
    (marker) => evidence.received.get(marker) !== 1 || evidence.transmitted.get(marker) !== 1,
  )
}

/** What must hold after every run of echo clients, as rows of a report. */
export function echoChecks(evidence: Evidence, answered: ReadonlySet<string>): Check[] {
  const missing = missingMarkers(evidence, answered)
  const { events, distinctIds, sessions, sessionsWithGaps } = evidence
  return [
    [
      "every answered event is in the hub exactly once",
      missing.length === 0,
      `${missing.length} of ${answered.size} missing or doubled`,
    ],
    ["no event is stored twice", events === distinctIds, `${events} events, ${distinctIds} ids`],
    ["seq has no gaps", sessionsWithGaps === 0, `${sessionsWithGaps} of ${sessions} sessions`],
  ]
}

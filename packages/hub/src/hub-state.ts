/** How the hub is doing: health, metrics, and whether it can take more events. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import type { Journal } from "@propolis/journal"
import type { Health, LiveFeed, Metric } from "./api/index.ts"
import type { Enricher } from "./enrich/index.ts"
import type { IngestStats } from "./ingest/index.ts"
import type { Loader } from "./store/index.ts"

export interface HubState {
  readonly journal: Journal
  readonly journalMaxBytes: number
  readonly loader: Loader
  readonly enricher: Enricher
  readonly ingestStats: IngestStats
  readonly live: LiveFeed
}

/** Beyond this part of its budget the journal would soon reclaim what was acknowledged and is not stored. */
const fullShare = 0.9

const maxLagRecords = 500_000

const loopDelay = monitorEventLoopDelay({ resolution: 10 })
loopDelay.enable()

/** Why ingest cannot take events now; undefined where it can. */
export function ingestRefusal({ journal, journalMaxBytes }: HubState): string | undefined {
  return journal.stats().bytes > journalMaxBytes * fullShare
    ? "The store is behind; try again later"
    : undefined
}

export function hubHealth(state: HubState): Health {
  const { unwritten, lost } = state.journal.stats()
  const reasons: string[] = []
  if (ingestRefusal(state) !== undefined)
    reasons.push("the journal is nearly full: sensors are asked to wait")
  if (unwritten > 0) reasons.push("events could not be journaled since the start: the disk was full")
  if (Object.values(lost).some((count) => count > 0))
    reasons.push("events were reclaimed before they were stored")
  if (state.loader.stats().lag > maxLagRecords)
    reasons.push("the store is behind: pages miss the newest events")
  for (const problem of state.enricher.problems) {
    // Only which data: the rest names a path.
    reasons.push(`enrichment without ${problem.split(" cannot", 1)[0]}`)
  }
  return { status: reasons.length === 0 ? "ok" : "degraded", reasons }
}

export function hubMetrics({ journal, loader, ingestStats, live }: HubState): Metric[] {
  const metrics: Metric[] = []
  const add = (
    type: Metric["type"],
    name: string,
    value: number,
    help: string,
    labels?: Metric["labels"],
  ) => {
    metrics.push({ name: `propolis_hub_${name}`, type, value, help, ...(labels !== undefined && { labels }) })
  }
  add("counter", "ingest_batches_total", ingestStats.batches, "Batches accepted")
  add("counter", "ingest_events_total", ingestStats.accepted, "Events accepted", { result: "accepted" })
  add("counter", "ingest_events_total", ingestStats.rejected, "Events accepted", { result: "rejected" })
  add("counter", "ingest_bytes_total", ingestStats.bytes, "Bytes of bodies received")
  for (const reason of ["unauthorized", "busy", "tooLarge"] as const) {
    add("counter", "ingest_refused_total", ingestStats[reason], "Batches refused", { reason })
  }
  const { records, bytes, segments, unwritten, lost } = journal.stats()
  add("gauge", "journal_records", records, "Records in the journal")
  add("gauge", "journal_bytes", bytes, "Bytes of the journal")
  add("gauge", "journal_segments", segments, "Segments of the journal")
  add("counter", "journal_unwritten_total", unwritten, "Records that could not be written")
  for (const [cursor, count] of Object.entries(lost)) {
    add("counter", "journal_lost_total", count, "Records reclaimed unread", { cursor })
  }
  for (const [name, value] of Object.entries(loader.stats())) {
    if (typeof value === "number") add("gauge", `loader_${snakeCase(name)}`, value, `Loader: ${name}`)
  }
  add("gauge", "watermark", loader.watermark(), "Last sequence that is settled")
  add("gauge", "live_clients", live.clients, "Live streams")
  add("counter", "live_dropped_total", live.dropped, "Live streams ended for being slow")
  add("gauge", "event_loop_delay_max_seconds", loopDelay.max / 1e9, "Longest delay since the last reading")
  loopDelay.reset()
  add("gauge", "resident_memory_bytes", process.memoryUsage.rss(), "Resident memory")
  add("gauge", "uptime_seconds", Math.round(process.uptime()), "Since the process began")
  return metrics
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

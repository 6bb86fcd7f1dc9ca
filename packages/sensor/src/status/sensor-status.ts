/** What a sensor tells of itself: one snapshot, from which /healthz and /metrics are written. */
import type { JournalStats } from "@propolis/journal"
import type { HostStats } from "../host/types.ts"
import type { ServiceState } from "../services/service-table.ts"

export interface HandlerStatus {
  readonly name: string
  readonly handler: string
  readonly delivered: number
  readonly rejected: number
  /** Events that its filter left out. */
  readonly skipped: number
  readonly retries: number
  /** Events that wait for delivery. */
  readonly lag: number
  /** Why deliveries fail now; `undefined` where they do not. */
  readonly failing: string | undefined
}

export interface SensorStatus {
  readonly sensor: string
  readonly version: string
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly services: readonly ServiceState[]
  readonly host: HostStats
  readonly journal: JournalStats
  readonly handlers: readonly HandlerStatus[]
  /** Why the configuration on disk is not the one that runs, where the last reload failed. */
  readonly reloadFault: string | undefined
}

export interface Health {
  readonly status: "ok" | "degraded"
  readonly reasons: readonly string[]
}

/** By how much a count of losses grew in the last minutes. */
export type RecentGrowth = (name: string, count: number) => number

/** Whether all is well now; a degraded sensor still serves. Losses of long ago do not count. */
export function healthOf(status: SensorStatus, recent: RecentGrowth): Health {
  const reasons: string[] = []
  for (const service of status.services) {
    if (service.state !== "failed") continue
    reasons.push(`service ${service.name} does not listen: ${service.reason ?? "unknown"}`)
  }
  const unwritten = recent("unwritten", status.journal.unwritten)
  if (unwritten > 0) reasons.push(`${unwritten} events could not be journaled in the last minutes`)
  for (const handler of status.handlers) {
    if (handler.failing !== undefined) reasons.push(`log handler ${handler.name} fails: ${handler.failing}`)
  }
  for (const [cursor, count] of Object.entries(status.journal.lost)) {
    const lost = recent(`lost ${cursor}`, count)
    if (lost > 0) reasons.push(`${lost} events were reclaimed in the last minutes before ${cursor} read them`)
  }
  if (status.reloadFault !== undefined)
    reasons.push(`the configuration was not reloaded: ${status.reloadFault}`)
  return { status: reasons.length === 0 ? "ok" : "degraded", reasons }
}

/** Watches counts that only rise. What is there at the first look of a name is old; `memoryMs` after it last grew it is old again. */
export function createRecentGrowth(now: () => number, memoryMs: number): RecentGrowth {
  const counts = new Map<string, { baseline: number; last: number; grewAt: number }>()
  return (name, count) => {
    const seen = counts.get(name)
    if (seen === undefined) {
      counts.set(name, { baseline: count, last: count, grewAt: now() })
      return 0
    }
    if (count > seen.last) seen.grewAt = now()
    else if (now() - seen.grewAt > memoryMs) seen.baseline = count
    seen.last = count
    return count - seen.baseline
  }
}

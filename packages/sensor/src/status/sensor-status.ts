/** What a sensor tells of itself: one snapshot, from which /healthz and /metrics are written. */
import type { JournalStats } from "@propolis/journal"
import type { HostStats } from "../host/types.ts"
import type { ServiceState } from "../services/service-table.ts"

export interface HandlerStatus {
  readonly name: string
  readonly handler: string
  readonly delivered: number
  readonly rejected: number
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

/** Whether all is well; a degraded sensor still serves. `unwrittenBefore`: the count at the last look. */
export function healthOf(status: SensorStatus, unwrittenBefore: number): Health {
  const reasons: string[] = []
  for (const service of status.services) {
    if (service.state === "failed")
      reasons.push(`service ${service.name} does not listen: ${service.reason ?? "unknown"}`)
  }
  if (status.journal.unwritten > unwrittenBefore) {
    reasons.push(
      `${status.journal.unwritten - unwrittenBefore} events could not be journaled since the last look`,
    )
  }
  for (const handler of status.handlers) {
    if (handler.failing !== undefined) reasons.push(`log handler ${handler.name} fails: ${handler.failing}`)
  }
  for (const [cursor, lost] of Object.entries(status.journal.lost)) {
    if (lost > 0) reasons.push(`${lost} events were reclaimed before ${cursor} read them`)
  }
  if (status.reloadFault !== undefined)
    reasons.push(`the configuration was not reloaded: ${status.reloadFault}`)
  return { status: reasons.length === 0 ? "ok" : "degraded", reasons }
}

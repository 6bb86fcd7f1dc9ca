/** The pipeline: from the journal to every log handler, each at its own pace. */
import type { BatchLimits, LogHandler } from "@propolis/core"
import type { Journal } from "@propolis/journal"
import type { EventFilter } from "./filter.ts"

export interface PipelineHandler {
  /** Unique; names the cursor, the dead letters and the metrics. */
  readonly name: string
  readonly handler: LogHandler
  /** Checked by the handler's schema. */
  readonly options: unknown
  /** Which events it gets. Default: all, at no cost. */
  readonly filter?: EventFilter
  /** Texts that must not show up in lines for the operator, in {@link HandlerStats} or in dead letters' reasons. */
  readonly secrets?: readonly string[]
  /** Overrides of the handler's own limits. */
  readonly batch?: Partial<BatchLimits>
  /** How long one delivery may take before it is aborted and tried again. Default 60,000. */
  readonly deliveryTimeoutMs?: number
  /** Where a handler that is new to this journal starts. Default `oldest`: everything still there. */
  readonly from?: "oldest" | "end"
}

export interface PipelineOptions {
  readonly journal: Journal
  readonly handlers: readonly PipelineHandler[]
  /** The sensor's id. */
  readonly sensor: string
  /** Folder of the dead letters and of files that handlers keep. */
  readonly dataDir: string
  readonly log: (message: string) => void
  /** Unix milliseconds. */
  readonly now?: () => number
  /** Back-off: full jitter below `firstMs` × 2ⁿ, at most `capMs`. Default 1,000 and 60,000. */
  readonly retry?: { readonly firstMs: number; readonly capMs: number }
  /** Byte cap of the dead letters of one handler; the oldest half goes first. Default 16 MiB. */
  readonly deadLetterBytes?: number
}

/**
 * `opening`: not open yet, or trying again to; `idle`: waits for events; `delivering`; `retrying`: waits
 * after a failed attempt; `closed`.
 */
export type HandlerState = "opening" | "idle" | "delivering" | "retrying" | "closed"

export interface HandlerStats {
  readonly state: HandlerState
  /** Events that the peer took. */
  readonly delivered: number
  readonly batches: number
  /** Deliveries (and openings) that failed and are tried again. */
  readonly failedAttempts: number
  /** Events that went to the dead letters. */
  readonly rejected: number
  /** Events that a filter left out. */
  readonly skipped: number
  /** Dead letters that were dropped by their byte cap. */
  readonly deadLettersDropped: number
  /** Events that the journal reclaimed before this handler had them. */
  readonly lost: number
  /** Events journaled and not yet committed as delivered. */
  readonly lag: number
  readonly lastError: string | undefined
  /** Unix milliseconds. */
  readonly lastDeliveredAt: number | undefined
}

export interface Pipeline {
  /** By the handler's name. */
  stats(): Readonly<Record<string, HandlerStats>>
  /** @throws Error where the name is taken. */
  add(handler: PipelineHandler): Promise<void>
  /** Stops a handler. Its place is kept for when it comes back, unless `forget` is set. */
  remove(name: string, options?: { readonly forget?: boolean }): Promise<void>
  /** Delivers what is journaled now, without waiting for batches to fill; false where that took longer than `ms`. */
  drain(ms: number): Promise<boolean>
  /** Aborts what is under way and closes the handlers, within a few seconds. What was not delivered is delivered after the next start. Idempotent. */
  close(): Promise<void>
}

/**
 * The log handler API: a log handler turns one batch into one delivery. The pipeline owns batching,
 * retry with jittered back-off, isolation, dead letters, draining on shutdown and metrics.
 */
import type { z } from "zod"
import type { SensorEvent } from "./event.ts"

export interface Batch {
  /** Rises by batch; the same batch tried again has the same number. */
  readonly number: number
  readonly count: number
  /** The events, decoded on first use. */
  readonly events: readonly SensorEvent[]
  /** The same events as the wire format, one JSON object a line with its newline; no copy is made. */
  readonly ndjson: Uint8Array
}

export interface DeliveryReport {
  /** Events that the peer refused for good: index within the batch and why. They go to the dead letters. */
  readonly rejected?: readonly { readonly index: number; readonly reason: string }[]
  /** Events that were left out on purpose, by a filter. */
  readonly skipped?: number
  /** What the peer said, in a few words, for whoever tries the handler (`propolis handlers test`). */
  readonly answer?: string
}

export interface LogHandlerPorts {
  /** Unix milliseconds. */
  now(): number
  /** A line for the operator. */
  log(message: string): void
  /** The sensor's id. */
  readonly sensor: string
  /** Folder in which the handler may keep files of its own. */
  readonly dataDir: string
  /** Name of the configuration's entry: files of a handler that may run several times carry it. */
  readonly name?: string
  /** One sample event is to be delivered and no more: nothing is gathered, kept or sent later. */
  readonly trial?: boolean
}

export interface OpenLogHandler {
  /**
   * Delivers one batch, whole. Resolves when the peer has it durably; rejects to have it tried again
   * (a PropolisError with `retry: false` sends the batch to the dead letters).
   */
  deliver(batch: Batch, signal: AbortSignal): Promise<DeliveryReport | undefined>
  /**
   * Asks the peer whether it is there and knows us, without delivering anything; resolves to its answer in a few
   * words. Left out where the peer cannot be asked.
   */
  probe?(signal: AbortSignal): Promise<string>
  /** Idempotent. */
  close(): Promise<void>
}

export interface BatchLimits {
  /** Events per batch, 1 to 50,000. */
  readonly maxEvents: number
  /** Wire bytes per batch. */
  readonly maxBytes: number
  /** How long the first event of a batch may wait for more. */
  readonly maxWaitMs: number
}

export interface LogHandler<Options = unknown> {
  readonly name: string
  readonly title: string
  readonly options: z.ZodType<Options, unknown>
  readonly batch: BatchLimits
  open(options: Options, ports: LogHandlerPorts): Promise<OpenLogHandler>
}

export function defineLogHandler<Options>(handler: LogHandler<Options>): LogHandler<Options> {
  return handler
}

/**
 * A log handler over an HTTP API: the handler says what one request carries and what a success looks like. Halving
 * what is too large, going on behind what the peer took, refused credentials and Retry-After are the same for all.
 */
import type { Batch, DeliveryReport, OpenLogHandler, SensorEvent } from "@propolis/core"
import { checkAnswer } from "./check-answer.ts"
import type { HttpAnswer, HttpClient, HttpRequest } from "./http-client.ts"

/** Consecutive events of a batch that one request carries. */
export interface Part {
  readonly count: number
  /** Decoded on first use. */
  readonly events: readonly SensorEvent[]
  readonly ndjson: Uint8Array
}

export interface Rejection {
  /** Within the part. */
  readonly index: number
  readonly reason: string
}

export interface HttpDelivery {
  readonly client: HttpClient
  /** `undefined` where none of the part's events has to be sent. */
  request(part: Part): HttpRequest | undefined | Promise<HttpRequest | undefined>
  /** What a 2xx answer refuses for good. @throws PropolisError where it is no success after all */
  read?(answer: HttpAnswer, part: Part): readonly Rejection[]
  /** Looks at any other answer first; true to send the same part again at once. */
  recover?(answer: HttpAnswer): boolean | Promise<boolean>
  close?(): Promise<void>
}

export function openHttpDelivery(delivery: HttpDelivery): OpenLogHandler {
  return new PartedDelivery(delivery)
}

/** How far a batch has come: a part of it that the peer took is not sent again when a later part fails. */
interface Progress {
  readonly number: number
  events: number
  offset: number
  readonly rejected: Rejection[]
}

class PartedDelivery implements OpenLogHandler {
  readonly #delivery: HttpDelivery
  /** Events that one request carries at most: halved when the peer says that it is too large, rising slowly afterwards. */
  #maxEvents = Number.POSITIVE_INFINITY
  #progress: Progress | undefined

  constructor(delivery: HttpDelivery) {
    this.#delivery = delivery
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<DeliveryReport> {
    signal.throwIfAborted()
    if (this.#progress?.number !== batch.number) {
      this.#progress = { number: batch.number, events: 0, offset: 0, rejected: [] }
    }
    const progress = this.#progress
    while (progress.events < batch.count) {
      signal.throwIfAborted()
      const part = new BatchPart(batch, progress.events, progress.offset, this.#maxEvents)
      await this.#send(part, progress, signal)
    }
    return { rejected: progress.rejected }
  }

  async close(): Promise<void> {
    this.#delivery.client.close()
    await this.#delivery.close?.()
  }

  async #send(part: Part, progress: Progress, signal: AbortSignal): Promise<void> {
    const { client } = this.#delivery
    const request = await this.#delivery.request(part)
    if (request === undefined) return advance(progress, part)
    const answer = await client.request(request, signal)
    const success = answer.status >= 200 && answer.status < 300
    if (!success && (await this.#delivery.recover?.(answer)) === true) return
    if (checkAnswer(answer, client.peer) === "too large") return this.#shrink(part, progress)
    for (const { index, reason } of this.#delivery.read?.(answer, part) ?? []) {
      if (index >= 0 && index < part.count) progress.rejected.push({ index: progress.events + index, reason })
    }
    advance(progress, part)
    this.#maxEvents += Math.ceil(this.#maxEvents / 16)
  }

  #shrink(part: Part, progress: Progress): void {
    if (part.count > 1) {
      this.#maxEvents = Math.floor(part.count / 2)
      return
    }
    const reason = `too large for ${this.#delivery.client.peer}: ${part.ndjson.length} bytes`
    progress.rejected.push({ index: progress.events, reason })
    advance(progress, part)
  }
}

function advance(progress: Progress, part: Part): void {
  progress.events += part.count
  progress.offset += part.ndjson.length
}

class BatchPart implements Part {
  readonly count: number
  readonly ndjson: Uint8Array
  readonly #batch: Batch
  readonly #first: number

  constructor(batch: Batch, first: number, offset: number, maxEvents: number) {
    this.#batch = batch
    this.#first = first
    this.count = Math.min(maxEvents, batch.count - first)
    let end = batch.ndjson.length
    if (first + this.count < batch.count) {
      end = offset
      for (let n = 0; n < this.count; n++) end = batch.ndjson.indexOf(0x0a, end) + 1
    }
    this.ndjson = batch.ndjson.subarray(offset, end)
  }

  get events(): readonly SensorEvent[] {
    return this.#batch.events.slice(this.#first, this.#first + this.count)
  }
}

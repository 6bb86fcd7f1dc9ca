/** One log handler's loop: read a slice, deliver it batch by batch, retry, keep what was refused, commit. */
import { setTimeout as delay } from "node:timers/promises"
import type { BatchLimits, DeliveryReport, LogHandler, OpenLogHandler } from "@propolis/core"
import { createRedactor, PropolisError } from "@propolis/core"
import type { Cursor, Journal, Position } from "@propolis/journal"
import { backoffMs } from "./backoff.ts"
import { linesOf, SliceBatch, splitLines } from "./batch.ts"
import { DeadLetterRetry, readLetters } from "./dead-letter-retry.ts"
import { type DeadLetter, DeadLetters } from "./dead-letters.ts"
import { filterLogHandler } from "./filter.ts"
import type { HandlerState, HandlerStats, PipelineHandler, PipelineOptions } from "./types.ts"

/** How long an aborted delivery, or a handler's close, may take to end before it is left behind. */
const graceMs = 2_000

export class HandlerLoop {
  readonly entry: PipelineHandler
  readonly #options: PipelineOptions
  readonly #journal: Journal
  readonly #cursor: Cursor
  readonly #limits: BatchLimits
  readonly #letters: DeadLetters
  readonly #letterRetry: DeadLetterRetry
  readonly #stop = new AbortController()
  readonly #now: () => number
  readonly #log: (message: string) => void
  readonly #redact: (text: string) => string
  readonly #handler: LogHandler
  #hurry = new AbortController()
  /** Aborts when dead letters are to be looked for; they are looked for at the start. */
  #lettersWanted = AbortSignal.abort()
  #wantLetters = () => {}
  #open: OpenLogHandler | undefined
  #state: HandlerState = "opening"
  #delivered = 0
  #batches = 0
  #failedAttempts = 0
  #rejected = 0
  #skipped = 0
  #lastError: string | undefined
  #lastDeliveredAt: number | undefined
  #nextNumber = 1
  /** Deliveries that were aborted and have not ended: they may still look at their batch. */
  #lingering = 0
  #commit: Promise<void> = Promise.resolve()
  #ended: Promise<void>

  constructor(entry: PipelineHandler, cursor: Cursor, options: PipelineOptions) {
    this.entry = entry
    this.#options = options
    this.#journal = options.journal
    this.#cursor = cursor
    this.#now = options.now ?? Date.now
    this.#redact = createRedactor(entry.secrets ?? [])
    this.#log = (message) => options.log(`log handler ${entry.name}: ${this.#redact(message)}`)
    this.#handler = entry.filter === undefined ? entry.handler : filterLogHandler(entry.handler, entry.filter)
    const limits = { ...entry.handler.batch, ...entry.batch }
    this.#limits = { ...limits, maxEvents: Math.min(50_000, Math.max(1, Math.trunc(limits.maxEvents))) }
    const letterBytes = options.deadLetterBytes ?? 16 * 1024 * 1024
    this.#letters = new DeadLetters(options.dataDir, entry.name, letterBytes, this.#now, this.#log)
    this.#letterRetry = new DeadLetterRetry(options.dataDir, entry.name)
    this.#ended = this.#run()
  }

  /** Dead letters that are asked for again are delivered before the next batch. */
  retryLetters(): void {
    this.#wantLetters()
  }

  /** Ordinal up to which everything was delivered and committed. */
  get committedRecord(): number {
    return this.#cursor.committed.record
  }

  stats(): HandlerStats {
    return {
      state: this.#state,
      delivered: this.#delivered,
      batches: this.#batches,
      failedAttempts: this.#failedAttempts,
      rejected: this.#rejected,
      skipped: this.#skipped,
      deadLettersDropped: this.#letters.dropped,
      lost: this.#cursor.lost,
      lag: Math.max(0, this.#journal.end.record - this.#cursor.committed.record),
      lastError: this.#lastError,
      lastDeliveredAt: this.#lastDeliveredAt,
    }
  }

  /** Resolves when everything before `record` is committed, or the signal aborts. Batches do not wait to fill meanwhile. */
  async drain(record: number, signal: AbortSignal): Promise<void> {
    this.#hurry.abort()
    while (this.committedRecord < record && !signal.aborted && this.#state !== "closed") {
      await delay(5, undefined, { signal }).catch(() => {})
    }
    this.#hurry = new AbortController()
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error("the sensor stops"))
    await this.#ended
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stopped) {
      try {
        await this.#openHandler()
        if (this.#lettersWanted.aborted) await this.#deliverLetters()
        await this.#deliverNext()
        failures = 0
      } catch (error) {
        // Not a delivery: opening, reading the journal or writing dead letters failed.
        if (!this.#stopped) await this.#pause(error, ++failures)
        await this.#commit
        this.#cursor.rewind()
      }
    }
    await this.#commit
    await this.#closeHandler()
    this.#state = "closed"
  }

  async #openHandler(): Promise<void> {
    if (this.#open !== undefined) return
    this.#state = "opening"
    const opening = this.#handler.open(this.entry.options, {
      now: this.#now,
      log: this.#log,
      sensor: this.#options.sensor,
      dataDir: this.#options.dataDir,
      name: this.entry.name,
    })
    try {
      this.#open = await unlessAborted(opening, this.#stop.signal)
    } catch (error) {
      // Where it opens after all, nobody wants it any more.
      opening.then((late) => late.close()).catch(() => {})
      throw error
    }
  }

  async #closeHandler(): Promise<void> {
    const closing = this.#open?.close()
    if (closing === undefined) return
    try {
      if (!(await endsWithin(closing, graceMs))) this.#log("did not close in time and is left behind")
    } catch (error) {
      this.#log(`failed to close: ${(error as Error).message}`)
    }
  }

  /** Waits for a slice and brings it to its end: delivered, or in the dead letters. */
  async #deliverNext(): Promise<void> {
    this.#state = "idle"
    await this.#cursor.wait(AbortSignal.any([this.#stop.signal, this.#lettersWanted]))
    if (this.#stopped || this.#lettersWanted.aborted) return
    await this.#letBatchFill()
    if (this.#stopped) return
    const slice = await this.#cursor.read({
      maxRecords: this.#limits.maxEvents,
      maxBytes: this.#limits.maxBytes,
      fresh: this.#lingering > 0,
    })
    if (slice === undefined) return
    // What was delivered before is committed before more is: a crash repeats one batch at most.
    await this.#commit
    for (const piece of splitLines(slice.ndjson, slice.count, this.#limits)) {
      const batch = new SliceBatch(this.#nextNumber++, piece.count, piece.ndjson)
      if (!(await this.#deliver(batch))) return
    }
    this.#commitTo(slice.end)
  }

  /** Delivers the dead letters that somebody wants to be tried again, and keeps what is refused again. */
  async #deliverLetters(): Promise<void> {
    const wanted = new AbortController()
    this.#lettersWanted = wanted.signal
    this.#wantLetters = () => wanted.abort()
    const paths = await this.#letterRetry.take()
    try {
      for (const path of paths) {
        let count = 0
        for await (const piece of readLetters(path, this.#limits.maxEvents, this.#limits.maxBytes)) {
          if (!(await this.#deliver(new SliceBatch(this.#nextNumber++, piece.count, piece.ndjson)))) return
          count += piece.count
        }
        await this.#letterRetry.done(path)
        this.#log(`${count} dead letters were tried again`)
      }
    } catch (error) {
      // A disk in trouble: after the pause they are looked for again.
      wanted.abort()
      throw error
    }
  }

  /** Waits until a batch is full, its first event has waited long enough, or there is hurry. */
  async #letBatchFill(): Promise<void> {
    if (this.#hurry.signal.aborted || this.#limits.maxWaitMs <= 0) return
    const enough = new AbortController()
    const timer = setTimeout(() => enough.abort(), this.#limits.maxWaitMs)
    try {
      const signal = AbortSignal.any([this.#stop.signal, this.#hurry.signal, enough.signal])
      await this.#cursor.wait(signal, this.#limits.maxEvents)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Waiting and reading go on while the place is being written; a crash in between repeats the slice. */
  #commitTo(position: Position): void {
    this.#commit = this.#cursor.commit(position).catch((error: Error) => {
      this.#lastError = this.#redact(error.message)
      this.#log(`cannot keep its place: ${error.message}`)
    })
  }

  /** Tries until the batch is delivered or refused for good; false where the sensor stopped before. */
  async #deliver(batch: SliceBatch): Promise<boolean> {
    for (let failures = 0; !this.#stopped; ) {
      this.#state = "delivering"
      try {
        const report = await this.#attempt(batch)
        await this.#keepRefused(batch, report?.rejected ?? [], report?.skipped ?? 0)
        this.#lastDeliveredAt = this.#now()
        if (failures > 0) this.#log(`delivering again after ${failures} failed attempts`)
        return true
      } catch (error) {
        if (this.#stopped) return false
        if (error instanceof PropolisError && !error.retry) {
          this.#lastError = this.#redact(error.message)
          this.#log(`refuses ${batch.count} events for good: ${error.message}`)
          const every = Array.from({ length: batch.count }, (_, index) => ({ index, reason: error.message }))
          await this.#keepRefused(batch, every, 0)
          return !this.#stopped
        }
        await this.#pause(error, ++failures)
      }
    }
    return false
  }

  async #attempt(batch: SliceBatch): Promise<DeliveryReport | undefined> {
    const timeoutMs = this.entry.deliveryTimeoutMs ?? 60_000
    const abort = new AbortController()
    const timer = setTimeout(() => {
      abort.abort(new PropolisError("DELIVERY_FAILED", `no end of the delivery within ${timeoutMs} ms`))
    }, timeoutMs)
    const stop = this.#stop.signal
    const onStop = () => abort.abort(stop.reason)
    if (stop.aborted) onStop()
    else stop.addEventListener("abort", onStop, { once: true })
    const { signal } = abort
    // Within an async function, so that one that throws instead of rejecting is the same.
    const delivery = (async () => this.#open!.deliver(batch, signal))()
    try {
      return await unlessAborted(delivery, signal)
    } catch (error) {
      if (signal.aborted && !(await settlesWithin(delivery, graceMs))) {
        this.#lingering++
        const gone = () => {
          this.#lingering--
        }
        delivery.then(gone, gone)
      }
      throw error
    } finally {
      clearTimeout(timer)
      stop.removeEventListener("abort", onStop)
    }
  }

  /** Puts refused events into the dead letters, trying until that worked: nothing is lost for a full disk. */
  async #keepRefused(
    batch: SliceBatch,
    rejected: NonNullable<DeliveryReport["rejected"]>,
    skipped: number,
  ): Promise<void> {
    const letters: DeadLetter[] = []
    if (rejected.length > 0) {
      const lines = linesOf(batch.ndjson)
      const seen = new Set<number>()
      for (const { index, reason } of rejected) {
        const line = lines[index]
        if (line === undefined || seen.has(index)) continue
        seen.add(index)
        letters.push({ line, reason: this.#redact(reason) })
      }
    }
    for (let failures = 0; letters.length > 0 && !this.#stopped; ) {
      try {
        await this.#letters.write(letters)
        break
      } catch (error) {
        await this.#pause(error, ++failures)
      }
    }
    if (this.#stopped && letters.length > 0) return
    this.#batches++
    this.#rejected += letters.length
    this.#skipped += skipped
    this.#delivered += Math.max(0, batch.count - letters.length - skipped)
  }

  async #pause(error: unknown, failures: number): Promise<void> {
    this.#state = "retrying"
    this.#failedAttempts++
    this.#lastError = this.#redact(describe(error))
    const options = this.#options.retry ?? { firstMs: 1_000, capMs: 60_000 }
    const retryAfterMs = error instanceof PropolisError ? error.retryAfterMs : undefined
    const ms = backoffMs(failures, options, retryAfterMs, Math.random)
    // The first failure and then every doubling: an outage of a day is a dozen lines.
    if ((failures & (failures - 1)) === 0) {
      this.#log(`attempt ${failures} failed: ${this.#lastError}; trying again in ${Math.ceil(ms / 1_000)} s`)
    }
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => {})
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ""
  return `${error.message}${cause}`
}

/** What the promise gives, or the signal's reason where that aborts first. Leaves nothing behind on a long-lived signal. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
  })
  if (signal.aborted) onAbort()
  else signal.addEventListener("abort", onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener("abort", onAbort)
  }
}

/** Whether a promise resolves in time; rejects where it does. */
async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  try {
    return await Promise.race([
      promise.then(() => true),
      delay(ms, false, { signal: timer.signal, ref: false }),
    ])
  } finally {
    timer.abort()
  }
}

async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return endsWithin(
    promise.catch(() => {}),
    ms,
  )
}

/**
 * Makes rows of journal records: parses, drops what was seen before, sorts by day. Runs in a worker, so that the hub's
 * event loop never pays for it. One batch at a time: `add` slices, ask `candidates`, then `finish`.
 */
import type { AcceptedEvent } from "../../accepted-event.ts"
import { dayMs, effectiveTime } from "./effective-time.ts"
import { HighestIds } from "./highest-ids.ts"
import { RowEncoder } from "./row-encoder.ts"

/** An id that may have been seen before: below its sensor's highest. */
export interface Candidate {
  readonly id: string
  /** The time that its sensor claims, Unix ms. */
  readonly time: number
}

export interface DayRows {
  /** Days since 1970, UTC. */
  readonly day: number
  readonly rows: number
  readonly bytes: Uint8Array
}

export interface BuiltBatch {
  readonly days: readonly DayRows[]
  readonly rows: number
  readonly duplicates: number
  /** Records that are not JSON of an event. */
  readonly damaged: number
}

export interface BuilderOptions {
  readonly retentionDays: number
  readonly highest?: HighestIds
}

interface Doubtful {
  readonly event: AcceptedEvent
  readonly sequence: number
  readonly time: number
}

const newline = 0x0a

export class BatchBuilder {
  readonly highest: HighestIds
  readonly #options: BuilderOptions
  readonly #days = new Map<number, RowEncoder>()
  #ids = new Set<string>()
  #doubtful: Doubtful[] = []
  #damaged = 0

  constructor(options: BuilderOptions) {
    this.#options = options
    this.highest = options.highest ?? new HighestIds()
  }

  /** Takes some records; the first one has `firstSequence`, the others follow. */
  add(ndjson: Uint8Array, firstSequence: number): void {
    const text = Buffer.from(ndjson.buffer, ndjson.byteOffset, ndjson.byteLength)
    let sequence = firstSequence
    for (let start = 0; start < text.length; sequence++) {
      let end = text.indexOf(newline, start)
      if (end < 0) end = text.length
      this.#take(text.toString("utf8", start, end), sequence)
      start = end + 1
    }
  }

  #take(line: string, sequence: number): void {
    let event: AcceptedEvent
    try {
      event = JSON.parse(line) as AcceptedEvent
    } catch {
      // The journal's checksums make this a fault of ours; one record must not stop all others.
      this.#damaged++
      return
    }
    const time = effectiveTime(event.time, event.received, this.#options.retentionDays)
    if (this.highest.raise(event.account, event.sensor, event.id)) this.#accept(event, sequence, time)
    else this.#doubtful.push({ event, sequence, time })
  }

  #accept(event: AcceptedEvent, sequence: number, time: number): void {
    this.#ids.add(event.id)
    const day = Math.floor(time / dayMs)
    let rows = this.#days.get(day)
    if (rows === undefined) {
      rows = new RowEncoder(this.#days.size === 0 ? 4 * 1024 * 1024 : 64 * 1024)
      this.#days.set(day, rows)
    }
    rows.add(event, sequence, time)
  }

  /** What must be looked for in the store before the batch can be finished. */
  candidates(): Candidate[] {
    return this.#doubtful.map(({ event }) => ({ id: event.id, time: event.time }))
  }

  /** @param stored which of the candidates the store has */
  finish(stored: ReadonlySet<string>): BuiltBatch {
    let duplicates = 0
    for (const { event, sequence, time } of this.#doubtful) {
      if (stored.has(event.id) || this.#ids.has(event.id)) duplicates++
      else this.#accept(event, sequence, time)
    }
    const days = [...this.#days].map(([day, encoder]) => ({
      day,
      rows: encoder.rows,
      bytes: encoder.bytes(),
    }))
    const batch = {
      days: days.sort((a, b) => a.day - b.day),
      rows: days.reduce((sum, { rows }) => sum + rows, 0),
      duplicates,
      damaged: this.#damaged,
    }
    this.#days.clear()
    this.#ids = new Set()
    this.#doubtful = []
    this.#damaged = 0
    return batch
  }
}

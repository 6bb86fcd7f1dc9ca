/**
 * Write-ahead with group commit: lines are collected during one turn of the event loop, journaled in
 * one block, and only then what was sent because of them is released to the sockets. So whatever moment
 * the process is killed at, every event that a reply was sent after is in the journal.
 */
import type { SensorEvent } from "@propolis/core"
import type { Journal } from "@propolis/journal"
import type { Counters } from "./counters.ts"

/** Journaled at once when so many bytes are waiting, within the turn. */
const flushBytes = 256 * 1024
const keepBytes = 512 * 1024

/** Numbers its events itself; a block that could not be written gives the numbers back. */
export interface EventSource {
  /** `seq` of the next event. */
  seq: number
  /** Block in which its last event is, and `seq` before that block. */
  block: number
  seqBeforeBlock: number
}

/** Something that waits for its events to be journaled. */
export interface Held {
  release(): void
}

export class EventWriter {
  private readonly journal: Journal
  private readonly counters: Counters
  private readonly report: (message: string) => void
  private readonly onEvent: ((event: SensorEvent) => void) | undefined
  private buffer = Buffer.allocUnsafeSlow(64 * 1024)
  private used = 0
  private count = 0
  private block = 1
  private sources: EventSource[] = []
  private held: Held[] = []
  private seen: SensorEvent[] = []
  private scheduled = false
  private readonly flushNow = () => this.flush()

  /** `report` is called for every block that could not be journaled; it limits its rate itself. */
  constructor(
    journal: Journal,
    counters: Counters,
    report: (message: string) => void,
    onEvent: ((event: SensorEvent) => void) | undefined,
  ) {
    this.journal = journal
    this.counters = counters
    this.report = report
    this.onEvent = onEvent
  }

  /** Whether {@link append} wants the event itself, too. */
  get observed(): boolean {
    return this.onEvent !== undefined
  }

  /**
   * Adds the line of the source's event number `source.seq` and counts that on. `ascii`: the line has no other characters.
   * May journal at once, so `source` must be ready to be released.
   */
  append(source: EventSource, line: string, ascii: boolean, event: SensorEvent | undefined): void {
    if (source.block !== this.block) {
      source.block = this.block
      source.seqBeforeBlock = source.seq
      this.sources.push(source)
    }
    source.seq++
    this.reserve(ascii ? line.length : line.length * 3)
    this.used += this.buffer.write(line, this.used, ascii ? "latin1" : "utf8")
    this.count++
    if (event !== undefined) this.seen.push(event)
    if (this.used >= flushBytes) this.flush()
    else this.schedule()
  }

  /** Calls `held.release()` once all that was appended so far is journaled. */
  hold(held: Held): void {
    this.held.push(held)
    this.schedule()
  }

  /** Journals what is waiting and releases what waits for it. Never throws. */
  flush(): void {
    this.scheduled = false
    if (this.count > 0) this.journalBlock()
    if (this.held.length === 0) return
    const held = this.held
    this.held = []
    for (const one of held) one.release()
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(this.flushNow)
  }

  private journalBlock(): void {
    const lines = this.buffer.subarray(0, this.used)
    const { count, sources, seen } = this
    this.used = 0
    this.count = 0
    this.block++
    this.sources = []
    if (seen.length > 0) this.seen = []
    try {
      this.journal.append(lines, count)
      this.counters.events += count
    } catch (error) {
      // The sensor keeps serving. The numbers go to the sessions' next events, so that `seq` has no gaps.
      for (const source of sources) source.seq = source.seqBeforeBlock
      this.counters.eventsUnjournaled += count
      this.report(`events are not journaled: ${(error as Error).message}`)
      return
    } finally {
      if (this.buffer.length > keepBytes) this.buffer = Buffer.allocUnsafeSlow(64 * 1024)
    }
    for (const event of seen) this.show(event)
  }

  private show(event: SensorEvent): void {
    try {
      this.onEvent?.(event)
    } catch (error) {
      this.report(`showing an event failed: ${(error as Error).message}`)
    }
  }

  private reserve(bytes: number): void {
    if (this.used + bytes <= this.buffer.length) return
    let size = this.buffer.length * 2
    while (size < this.used + bytes) size *= 2
    const larger = Buffer.allocUnsafeSlow(size)
    this.buffer.copy(larger, 0, 0, this.used)
    this.buffer = larger
  }
}

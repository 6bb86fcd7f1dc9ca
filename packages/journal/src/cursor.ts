/** One reader's place in the journal: reads on from it, commits it durably, counts what was reclaimed before it was read. */
import { type FileHandle, open } from "node:fs/promises"
import { segmentHeaderBytes } from "./block.ts"
import { BlockReader } from "./block-reader.ts"
import { type CursorState, cursorPath, encodeCursorState } from "./cursor-file.ts"
import { isDiskFull, journalFull, replaceDurably } from "./files.ts"
import type { Segment } from "./segment-scan.ts"
import type { Cursor, Position, ReadLimits, Slice } from "./types.ts"

/** What a cursor needs of its journal. */
export interface CursorSource {
  /** Oldest first, never empty. */
  readonly segments: readonly Segment[]
  /** Up to where may be read. */
  readonly readableEnd: Position
  readonly log: (message: string) => void
  readonly closed: boolean
  /** Resolves when `record` is readable or the signal aborts; rejects when the journal closes. */
  waitFor(record: number, signal: AbortSignal | undefined): Promise<void>
  /** Counts records that nobody can read any more, once for all cursors. */
  reportDamage(segment: number, offset: number, records: number, path: string): void
  /** Frees what every cursor has had because the disk is full; whether it freed anything. */
  freeRead(): boolean
  onCommit(): void
}

export class JournalCursor implements Cursor {
  readonly name: string
  position: Position
  committed: Position
  lost: number
  /** What was to be committed last, durable or not yet. */
  wanted: Position
  readonly #source: CursorSource
  readonly #path: string
  readonly #reader = new BlockReader()
  #file: FileHandle | undefined
  #fileSegment = 0
  #reading = false
  /** Rises whenever the position moves other than by reading. */
  #moves = 0
  /** Of `lost`, those between the committed place and the oldest record: a rewind must not count them twice. */
  #lostSinceCommit = 0
  #writing: Promise<void> | undefined
  #nextWrite: Promise<void> | undefined

  constructor(name: string, state: CursorState, dir: string, source: CursorSource) {
    this.name = name
    this.#path = cursorPath(dir, name)
    this.#source = source
    this.position = this.committed = this.wanted = state.position
    this.lost = state.lost
    this.skipReclaimed()
  }

  lag(): number {
    return Math.max(0, this.#source.readableEnd.record - this.position.record)
  }

  wait(signal?: AbortSignal, records = 1): Promise<void> {
    return this.#source.waitFor(this.position.record + records, signal)
  }

  rewind(): void {
    this.#moves++
    this.position = this.committed
    this.skipReclaimed()
  }

  /** Goes on at the oldest segment where the one it stands in is gone. */
  skipReclaimed(): void {
    const oldest = this.#source.segments[0]!
    if (this.position.segment >= oldest.first) return
    const from = this.position.record
    const alreadyCounted = from === this.committed.record ? this.#lostSinceCommit : 0
    const records = Math.max(0, oldest.first - from - alreadyCounted)
    this.#moves++
    this.position = {
      record: Math.max(from, oldest.first),
      segment: oldest.first,
      offset: segmentHeaderBytes,
    }
    if (records === 0) return
    this.lost += records
    this.#lostSinceCommit += records
    this.#source.log(`journal: ${records} records were reclaimed before "${this.name}" had read them`)
  }

  async read(limits: ReadLimits): Promise<Slice | undefined> {
    if (this.#reading) throw new Error(`the cursor "${this.name}" is being read already`)
    this.#reading = true
    try {
      return await this.#readOn(limits)
    } finally {
      this.#reading = false
      if (this.#source.closed) await this.#closeFile()
    }
  }

  async #readOn(limits: ReadLimits): Promise<Slice | undefined> {
    while (!this.#source.closed) {
      const { segments, readableEnd } = this.#source
      const start = this.position
      if (start.segment > readableEnd.segment) return undefined
      const index = segments.findIndex((segment) => segment.first >= start.segment)
      const segment = segments[index]
      if (segment === undefined) return undefined
      if (segment.first !== start.segment) {
        this.#enter(segment, start)
        continue
      }
      const live = segment.first === readableEnd.segment
      const endOffset = live ? readableEnd.offset : segment.bytes
      if (start.offset >= endOffset) {
        const next = segments[index + 1]
        if (live || next === undefined) return undefined
        this.#enter(next, start)
        continue
      }
      const moves = this.#moves
      if (!(await this.#openFile(segment))) {
        if (moves === this.#moves) this.position = { ...start, offset: endOffset }
        continue
      }
      const run = await this.#reader.read(start.offset, endOffset, start.record, limits)
      // Reclaimed or rewound meanwhile: what was read does not follow the place any more.
      if (moves !== this.#moves) continue
      if (run.kind === "blocks") {
        this.position = { record: start.record + run.count, segment: start.segment, offset: run.endOffset }
        return { start, end: this.position, count: run.count, ndjson: run.payload }
      }
      const found = await this.#reader.findBlock(start.offset + 1, endOffset, start.record)
      if (moves !== this.#moves) continue
      if (found === undefined) {
        this.position = { ...start, offset: endOffset }
        // Before the next segment its first record tells how many are missing; within the live one its end does.
        if (live)
          this.#jump(
            start,
            { record: readableEnd.record, segment: segment.first, offset: endOffset },
            segment,
          )
      } else
        this.#jump(
          start,
          { record: found.firstRecord, segment: segment.first, offset: found.offset },
          segment,
        )
    }
    return undefined
  }

  #enter(segment: Segment, from: Position): void {
    const record = Math.max(segment.first, from.record)
    this.#jump(from, { record, segment: segment.first, offset: segmentHeaderBytes }, segment)
  }

  #jump(from: Position, to: Position, segment: Segment): void {
    this.position = to
    if (to.record > from.record) {
      this.#source.reportDamage(from.segment, from.record, to.record - from.record, segment.path)
    }
  }

  /** False where the file is gone, removed by someone else. */
  async #openFile(segment: Segment): Promise<boolean> {
    if (this.#file !== undefined && this.#fileSegment === segment.first) return true
    await this.#closeFile()
    try {
      this.#file = await open(segment.path, "r")
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false
      throw error
    }
    this.#fileSegment = segment.first
    this.#reader.use(this.#file)
    return true
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    this.#reader.use(undefined)
    await file?.close()
  }

  commit(position: Position): Promise<void> {
    this.wanted = position
    this.#nextWrite ??= this.#writeAfter(this.#writing)
    return this.#nextWrite
  }

  async #writeAfter(previous: Promise<void> | undefined): Promise<void> {
    await previous?.catch(() => {})
    this.#nextWrite = undefined
    this.#writing = this.#write()
    await this.#writing
  }

  async #write(): Promise<void> {
    const position = this.wanted
    const lost = this.lost
    const text = encodeCursorState({ position, lost })
    try {
      await replaceDurably(this.#path, text)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      if (!this.#source.freeRead()) throw journalFull(error, `the cursor "${this.name}" was not committed`)
      await replaceDurably(this.#path, text)
    }
    this.committed = position
    if (this.lost === lost) this.#lostSinceCommit = 0
    this.#source.onCommit()
  }

  async close(): Promise<void> {
    await this.#nextWrite?.catch(() => {})
    await this.#writing?.catch(() => {})
    if (!this.#reading) await this.#closeFile()
  }
}

/** The journal: one writer, many cursors, one folder. See types.ts for what it promises. */
import { closeSync } from "node:fs"
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { PropolisError } from "@propolis/core"
import { segmentHeaderBytes } from "./block.ts"
import { type CursorSource, JournalCursor } from "./cursor.ts"
import { type CursorState, cursorPath, readCursorStates } from "./cursor-file.ts"
import { journalFull, syncDirectory } from "./files.ts"
import { GroupSync, syncData } from "./group-sync.ts"
import { takeLock } from "./lock.ts"
import { RecordWaiters } from "./record-waiters.ts"
import { checkSegmentHeader, findTail, listSegments, type Segment } from "./segment-scan.ts"
import { SegmentWriter } from "./segment-writer.ts"
import type { Cursor, Journal, JournalOptions, JournalStats, Position } from "./types.ts"

/**
 * Opens the journal of a folder, making it where it is missing and cutting a torn tail.
 * @throws PropolisError DATA_LOCKED, DATA_UNWRITABLE, JOURNAL_CORRUPT (a later version's segments), JOURNAL_FULL
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const log = options.log ?? (() => {})
  const cursorDir = join(options.dir, "cursors")
  let release: () => void
  try {
    await mkdir(cursorDir, { recursive: true, mode: 0o700 })
    release = takeLock(options.dir)
  } catch (error) {
    if (error instanceof PropolisError) throw error
    throw new PropolisError("DATA_UNWRITABLE", `${options.dir}: ${(error as Error).message}`, {
      cause: error,
    })
  }
  try {
    const states = await readCursorStates(cursorDir, log)
    const segments = await listSegments(options.dir)
    for (const segment of segments) if (segment.bytes > 0) await checkSegmentHeader(segment, log)
    const place = await findEnd(segments, states, log)
    return new SegmentJournal(options, log, segments, place, states, cursorDir, release)
  } catch (error) {
    release()
    throw error
  }
}

interface Place {
  readonly nextRecord: number
  readonly goOn: boolean
}

/** Where writing goes on. Cuts the newest segment's torn tail. */
async function findEnd(
  segments: readonly Segment[],
  states: ReadonlyMap<string, CursorState>,
  log: (message: string) => void,
): Promise<Place> {
  let nextRecord = 1
  const last = segments.at(-1)
  if (last !== undefined) {
    const tail = await findTail(last, log)
    nextRecord = tail.nextRecord
    if (last.bytes > tail.endOffset) {
      log(`journal: cut a torn tail of ${last.bytes - tail.endOffset} bytes from ${last.path}`)
      last.bytes = tail.endOffset
    }
  }
  // A power cut can take records that a cursor had read. Their ordinals are not used again: it would skip the new ones.
  let beyond = nextRecord
  for (const state of states.values()) beyond = Math.max(beyond, state.position.record)
  if (beyond > nextRecord) {
    log(`journal: records ${nextRecord} to ${beyond - 1} are gone, but were read; going on at ${beyond}`)
  }
  return { nextRecord: beyond, goOn: last !== undefined && beyond === nextRecord }
}

class SegmentJournal implements Journal, CursorSource {
  readonly log: (message: string) => void
  closed = false
  readonly #options: JournalOptions
  readonly #writer: SegmentWriter
  readonly #sync: GroupSync
  readonly #cursors = new Map<string, JournalCursor>()
  readonly #cursorDir: string
  readonly #waiters = new RecordWaiters()
  readonly #reported = new Set<string>()
  readonly #keepReadBytes: number
  readonly #release: () => void
  #durableEnd: Position
  #damaged = 0
  #closing: Promise<void> | undefined

  constructor(
    options: JournalOptions,
    log: (message: string) => void,
    segments: Segment[],
    place: Place,
    states: ReadonlyMap<string, CursorState>,
    cursorDir: string,
    release: () => void,
  ) {
    this.log = log
    this.#options = options
    this.#cursorDir = cursorDir
    this.#release = release
    const maxBytes = options.maxBytes ?? 4 * 1024 ** 3
    this.#keepReadBytes = options.keepReadBytes ?? maxBytes
    this.#writer = new SegmentWriter({
      dir: options.dir,
      segments,
      nextRecord: place.nextRecord,
      goOn: place.goOn,
      segmentBytes: Math.min(options.segmentBytes ?? 64 * 1024 ** 2, Math.ceil(maxBytes / 4)),
      maxBytes,
      log,
      onReclaim: () => {
        for (const cursor of this.#cursors.values()) cursor.skipReclaimed()
      },
      onRoll: () => {
        this.#sync.durable().catch((error: Error) => log(`journal: cannot sync: ${error.message}`))
      },
      onFull: () => this.freeRead(),
    })
    this.#durableEnd = this.#writer.end
    this.#sync = new GroupSync(() => this.#syncNow())
    for (const [name, state] of states)
      this.#cursors.set(name, new JournalCursor(name, state, cursorDir, this))
  }

  get segments(): readonly Segment[] {
    return this.#writer.segments
  }

  get end(): Position {
    return this.#writer.end
  }

  get readableEnd(): Position {
    return this.#options.durableReads === true ? this.#durableEnd : this.#writer.end
  }

  append(lines: Uint8Array, count: number): Position {
    if (this.closed) throw new Error("the journal is closed")
    const start = this.#writer.append(lines, count)
    if (this.#waiters.size > 0 && this.#options.durableReads !== true)
      this.#waiters.wake(this.#writer.nextRecord)
    return start
  }

  async appendDurable(lines: Uint8Array, count: number): Promise<number> {
    const start = this.append(lines, count)
    try {
      await this.#sync.durable()
    } catch (error) {
      throw journalFull(error, "records were written, but could not be synced")
    }
    return start.record
  }

  async #syncNow(): Promise<void> {
    const { end, current, retired, namesChanged } = this.#writer.takeUnsynced()
    try {
      for (const fd of retired) await syncData(fd)
      await syncData(current)
      if (namesChanged) await syncDirectory(this.#options.dir)
    } catch (error) {
      this.#writer.returnUnsynced(retired, namesChanged)
      throw error
    }
    for (const fd of retired) closeSync(fd)
    this.#durableEnd = end
    if (this.#options.durableReads === true) this.#waiters.wake(end.record)
  }

  async cursor(name: string, from: "oldest" | "end" = "oldest"): Promise<Cursor> {
    if (this.closed) throw new Error("the journal is closed")
    const known = this.#cursors.get(name)
    if (known !== undefined) return known
    const oldest = this.segments[0]!.first
    const position =
      from === "end" ? this.readableEnd : { record: oldest, segment: oldest, offset: segmentHeaderBytes }
    const state: CursorState = { position, lost: 0 }
    const cursor = new JournalCursor(name, state, this.#cursorDir, this)
    this.#cursors.set(name, cursor)
    try {
      await cursor.commit(position)
    } catch (error) {
      // It works without its file, and commits when the disk has room: reading twice is better than not at all.
      this.log(`journal: cannot keep the cursor "${name}" yet: ${(error as Error).message}`)
    }
    return cursor
  }

  async removeCursor(name: string): Promise<void> {
    const cursor = this.#cursors.get(name)
    this.#cursors.delete(name)
    await cursor?.close()
    await rm(cursorPath(this.#cursorDir, name), { force: true })
    await syncDirectory(this.#cursorDir)
    this.onCommit()
  }

  waitFor(record: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.closed) return Promise.reject(new Error("the journal is closed"))
    if (this.readableEnd.record >= record || signal?.aborted === true) return Promise.resolve()
    return this.#waiters.add(record, signal)
  }

  reportDamage(segment: number, offset: number, records: number, path: string): void {
    const key = `${segment}:${offset}`
    if (this.#reported.has(key)) return
    this.#reported.add(key)
    this.#damaged += records
    this.log(`journal: ${records} records are missing in or before ${path}`)
  }

  freeRead(): boolean {
    return this.#dropRead(0, (cursor) => Math.max(cursor.committed.record, cursor.wanted.record), true)
  }

  onCommit(): void {
    this.#dropRead(this.#keepReadBytes, (cursor) => cursor.committed.record, false)
  }

  /** Reclaims the oldest of the segments that every cursor has read, until `keepBytes` of them are left. */
  #dropRead(keepBytes: number, readUpTo: (cursor: JournalCursor) => number, now: boolean): boolean {
    if (this.#cursors.size === 0) return false
    let record = Number.MAX_SAFE_INTEGER
    for (const cursor of this.#cursors.values()) record = Math.min(record, readUpTo(cursor))
    const segments = this.segments
    let count = 0
    let bytes = 0
    while (count + 1 < segments.length && segments[count + 1]!.first <= record)
      bytes += segments[count++]!.bytes
    let dropped = false
    for (; count > 0 && bytes > keepBytes; count--) {
      bytes -= segments[0]!.bytes
      if (now) this.#writer.reclaimOldestNow()
      else this.#writer.reclaimOldest()
      dropped = true
    }
    return dropped
  }

  stats(): JournalStats {
    const lost: Record<string, number> = {}
    for (const cursor of this.#cursors.values()) lost[cursor.name] = cursor.lost
    return {
      records: this.#writer.nextRecord - this.segments[0]!.first,
      bytes: this.#writer.totalBytes,
      segments: this.segments.length,
      unwritten: this.#writer.unwritten,
      damaged: this.#damaged,
      lost,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    this.closed = true
    this.#waiters.close()
    try {
      for (const cursor of this.#cursors.values()) await cursor.close()
      await this.#sync.durable().catch((error: Error) => this.log(`journal: cannot sync: ${error.message}`))
      await this.#writer.close()
    } finally {
      this.#release()
    }
  }
}

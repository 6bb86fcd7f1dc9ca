/** Appends blocks to the newest segment, begins new segments, and gives the oldest back. */
import { closeSync, ftruncateSync, openSync, rmSync, unlink } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import {
  blockHeaderBytes,
  encodeSegmentHeader,
  maxBlockPayloadBytes,
  segmentFileName,
  segmentHeaderBytes,
  writeBlockHeader,
} from "./block.ts"
import { journalFull, writeBothWhole, writeWhole } from "./files.ts"
import type { Segment } from "./segment-scan.ts"
import type { Position } from "./types.ts"

/** Payloads up to this are copied behind their header: one plain write costs less than a gathering one. */
const copyBytes = 16 * 1024
/** How much a segment grows further where a new file could not be made, before that is tried again. */
const rollRetryBytes = 1024 * 1024

export interface SegmentWriterOptions {
  readonly dir: string
  /** Oldest first; the last one is written on where `nextRecord` follows its records. */
  readonly segments: Segment[]
  readonly nextRecord: number
  /** Whether the last segment goes on. */
  readonly goOn: boolean
  readonly segmentBytes: number
  readonly maxBytes: number
  readonly log: (message: string) => void
  /** A segment was given back; `oldest` is the first record still there. */
  readonly onReclaim: (oldest: number) => void
  /** A new segment was begun: a good moment to sync the old one. */
  readonly onRoll: () => void
  /** Frees what every reader has had, because the disk is full; whether it freed anything. */
  readonly onFull: () => boolean
}

export class SegmentWriter {
  readonly segments: Segment[]
  nextRecord: number
  totalBytes: number
  unwritten = 0
  readonly #options: SegmentWriterOptions
  readonly #scratch = new Uint8Array(blockHeaderBytes + copyBytes)
  readonly #view = new DataView(this.#scratch.buffer)
  readonly #header = this.#scratch.subarray(0, blockHeaderBytes)
  #current: Segment
  #fd: number
  /** Descriptors of segments that were closed since the last sync. */
  #retired: number[] = []
  #namesChanged = true
  #rollAtBytes: number
  #full = false
  readonly #unlinking = new Set<Promise<void>>()

  /** @throws PropolisError JOURNAL_FULL where the first segment cannot be made. */
  constructor(options: SegmentWriterOptions) {
    this.#options = options
    this.segments = options.segments
    this.nextRecord = options.nextRecord
    this.totalBytes = this.segments.reduce((sum, segment) => sum + segment.bytes, 0)
    this.#rollAtBytes = options.segmentBytes
    const last = this.segments.at(-1)
    if (last !== undefined && options.goOn) {
      this.#current = last
      this.#fd = openSync(last.path, "r+")
      if (last.bytes < segmentHeaderBytes) {
        writeWhole(this.#fd, encodeSegmentHeader(last.first), segmentHeaderBytes, 0)
        this.totalBytes += segmentHeaderBytes - last.bytes
        last.bytes = segmentHeaderBytes
      }
      // What stands behind the last whole block is a torn tail.
      ftruncateSync(this.#fd, last.bytes)
    } else {
      try {
        const made = this.#makeSegment()
        this.#current = made.segment
        this.#fd = made.fd
      } catch (error) {
        throw journalFull(error, `cannot make a segment in ${options.dir}`)
      }
    }
  }

  get end(): Position {
    return { record: this.nextRecord, segment: this.#current.first, offset: this.#current.bytes }
  }

  /** @throws PropolisError JOURNAL_FULL; nothing of the block is kept then. */
  append(lines: Uint8Array, count: number): Position {
    if (lines.length === 0 || lines.length > maxBlockPayloadBytes || lines[lines.length - 1] !== 0x0a) {
      throw new RangeError("expected lines that end with a newline, at most 256 MiB")
    }
    if (!Number.isInteger(count) || count < 1) throw new RangeError("expected a count of at least 1")
    const blockBytes = blockHeaderBytes + lines.length
    if (this.#current.bytes >= this.#rollAtBytes) this.#roll()
    if (this.totalBytes + blockBytes > this.#options.maxBytes) this.#keepBudget(blockBytes)
    const start = this.end
    try {
      this.#write(lines, count)
    } catch (error) {
      this.#cutPartialBlock()
      if (!this.#options.onFull() || !this.#writeAgain(lines, count)) {
        this.unwritten += count
        if (!this.#full) this.#options.log(`journal: cannot write: ${(error as Error).message}`)
        this.#full = true
        throw journalFull(error, `${count} records were not journaled`)
      }
    }
    if (this.#full) {
      this.#full = false
      this.#options.log(
        `journal: writing again; ${this.unwritten} records were not journaled since the start`,
      )
    }
    this.#current.bytes += blockBytes
    this.totalBytes += blockBytes
    this.nextRecord += count
    return start
  }

  #write(lines: Uint8Array, count: number): void {
    writeBlockHeader(this.#view, lines.length, count, this.nextRecord)
    if (lines.length <= copyBytes) {
      const length = blockHeaderBytes + lines.length
      this.#scratch.set(lines, blockHeaderBytes)
      this.#view.setUint32(4, crc32(this.#scratch.subarray(8, length)), true)
      writeWhole(this.#fd, this.#scratch, length, this.#current.bytes)
    } else {
      this.#view.setUint32(4, crc32(lines, crc32(this.#header.subarray(8))), true)
      writeBothWhole(this.#fd, this.#header, lines, this.#current.bytes)
    }
  }

  #writeAgain(lines: Uint8Array, count: number): boolean {
    try {
      this.#write(lines, count)
      return true
    } catch {
      this.#cutPartialBlock()
      return false
    }
  }

  #cutPartialBlock(): void {
    try {
      ftruncateSync(this.#fd, this.#current.bytes)
    } catch (error) {
      // The next block overwrites it, and opening cuts it: nothing depends on this.
      this.#options.log(`journal: cannot cut a partial block: ${(error as Error).message}`)
    }
  }

  #roll(): void {
    try {
      const { segment, fd } = this.#makeSegment()
      this.#retired.push(this.#fd)
      this.#current = segment
      this.#fd = fd
      this.#rollAtBytes = this.#options.segmentBytes
    } catch (error) {
      // No descriptor or no room for a new file: the old one goes on, for a record kept is worth more than its size.
      this.#rollAtBytes = this.#current.bytes + rollRetryBytes
      this.#options.log(`journal: cannot begin a new segment: ${(error as Error).message}`)
      return
    }
    this.#options.onRoll()
  }

  #makeSegment(): { segment: Segment; fd: number } {
    const path = join(this.#options.dir, segmentFileName(this.nextRecord))
    const fd = openSync(path, "w", 0o600)
    try {
      writeWhole(fd, encodeSegmentHeader(this.nextRecord), segmentHeaderBytes, 0)
    } catch (error) {
      closeSync(fd)
      rmSync(path, { force: true })
      throw error
    }
    const segment: Segment = { first: this.nextRecord, path, bytes: segmentHeaderBytes }
    // An empty segment of the same name is replaced, not listed twice.
    if (this.segments.at(-1)?.first === segment.first) this.totalBytes -= this.segments.pop()!.bytes
    this.segments.push(segment)
    this.totalBytes += segment.bytes
    this.#namesChanged = true
    return { segment, fd }
  }

  #keepBudget(moreBytes: number): void {
    while (this.segments.length > 1 && this.totalBytes + moreBytes > this.#options.maxBytes)
      this.reclaimOldest()
  }

  /** Gives the oldest segment back; never the newest. */
  reclaimOldest(): void {
    if (this.segments.length < 2) return
    const oldest = this.segments.shift()!
    this.totalBytes -= oldest.bytes
    const unlinked = new Promise<void>((resolve) => {
      // Off the hot path: removing a large file takes milliseconds.
      unlink(oldest.path, (error) => {
        if (error !== null && error.code !== "ENOENT") {
          this.#options.log(`journal: cannot remove ${oldest.path}: ${error.message}`)
        }
        this.#unlinking.delete(unlinked)
        resolve()
      })
    })
    this.#unlinking.add(unlinked)
    this.#options.onReclaim(this.segments[0]!.first)
  }

  /** As {@link reclaimOldest}, at once: the room is needed now. */
  reclaimOldestNow(): void {
    if (this.segments.length < 2) return
    const oldest = this.segments.shift()!
    this.totalBytes -= oldest.bytes
    rmSync(oldest.path, { force: true })
    this.#options.onReclaim(this.segments[0]!.first)
  }

  /** What a sync has to make durable: all written up to `end`. Retired descriptors become the caller's to close. */
  takeUnsynced(): { end: Position; current: number; retired: number[]; namesChanged: boolean } {
    const taken = {
      end: this.end,
      current: this.#fd,
      retired: this.#retired,
      namesChanged: this.#namesChanged,
    }
    this.#retired = []
    this.#namesChanged = false
    return taken
  }

  /** Gives back what {@link takeUnsynced} took, where the sync failed. */
  returnUnsynced(retired: readonly number[], namesChanged: boolean): void {
    this.#retired.unshift(...retired)
    this.#namesChanged ||= namesChanged
  }

  async close(): Promise<void> {
    await Promise.all(this.#unlinking)
    for (const fd of this.#retired) closeSync(fd)
    this.#retired = []
    closeSync(this.#fd)
  }
}

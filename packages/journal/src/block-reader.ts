/** Reads whole, checked blocks of one segment file after another into one buffer, with read-ahead. */
import type { FileHandle } from "node:fs/promises"
import {
  type BlockHeader,
  blockHeaderBytes,
  blockMagicBytes,
  isBlockWhole,
  readBlockHeader,
} from "./block.ts"
import { readWhole } from "./files.ts"
import type { ReadLimits } from "./types.ts"

const chunkBytes = 256 * 1024
/** A buffer that grew for one large block beyond this is given back afterwards. */
const keepBufferBytes = 16 * 1024 * 1024

/** What is at a place of a segment: whole blocks, its end, or bytes that are no whole block. */
export type BlockRun =
  | {
      readonly kind: "blocks"
      readonly count: number
      readonly endOffset: number
      readonly payload: Uint8Array
    }
  | { readonly kind: "end" }
  | { readonly kind: "damage" }

export interface FoundBlock {
  readonly offset: number
  readonly firstRecord: number
  readonly count: number
}

export class BlockReader {
  #file: FileHandle | undefined
  #buffer = new Uint8Array(0)
  #view = new DataView(this.#buffer.buffer)
  /** Payloads to be returned, next to each other: [#outStart, #outEnd). */
  #outStart = 0
  #outEnd = 0
  /** Bytes that were read and not yet parsed: [#at, #filled). They never begin before #outEnd. */
  #at = 0
  #filled = 0
  /** Offset within the file of the byte at #at. */
  #offset = 0

  /** Reads from `file` from now on; the caller keeps it open and closes it. */
  use(file: FileHandle | undefined): void {
    this.#file = file
    this.#forget(0)
  }

  /** Whole blocks from `offset` on, the first of which starts with `record`, up to `endOffset` and within `limits`. */
  async read(offset: number, endOffset: number, record: number, limits: ReadLimits): Promise<BlockRun> {
    const keepBytes = Math.max(keepBufferBytes, 2 * limits.maxBytes)
    if (limits.fresh === true || this.#buffer.length > keepBytes) this.#replace(0)
    if (offset !== this.#offset) this.#forget(offset)
    this.#outStart = this.#outEnd = this.#at
    let count = 0
    let damage = false
    while (this.#offset < endOffset && count < limits.maxRecords) {
      if (!(await this.#fill(blockHeaderBytes, endOffset))) {
        damage = true
        break
      }
      const header = readBlockHeader(this.#view, this.#at)
      if (header === undefined || header.firstRecord !== record + count) {
        damage = true
        break
      }
      if (count > 0 && this.#outEnd - this.#outStart + header.payloadBytes > limits.maxBytes) break
      const bytes = blockHeaderBytes + header.payloadBytes
      if (!(await this.#fill(bytes, endOffset))) {
        damage = true
        break
      }
      if (!isBlockWhole(this.#buffer.subarray(this.#at, this.#at + bytes), header)) {
        damage = true
        break
      }
      this.#take(header, count === 0)
      count += header.count
    }
    if (count === 0) return { kind: damage ? "damage" : "end" }
    const payload = this.#buffer.subarray(this.#outStart, this.#outEnd)
    return { kind: "blocks", count, endOffset: this.#offset, payload }
  }

  /** The first whole block behind `offset` whose records are not before `record`: where reading can go on after damage. */
  async findBlock(offset: number, endOffset: number, record: number): Promise<FoundBlock | undefined> {
    const file = this.#file!
    const window = Buffer.allocUnsafe(chunkBytes)
    for (let start = offset; start < endOffset; start += chunkBytes - blockMagicBytes.length + 1) {
      const filled = await readWhole(file, window, 0, Math.min(chunkBytes, endOffset - start), start)
      const seen = window.subarray(0, filled)
      for (let at = seen.indexOf(blockMagicBytes); at >= 0; at = seen.indexOf(blockMagicBytes, at + 1)) {
        const found = await checkBlock(file, start + at, endOffset)
        if (found !== undefined && found.firstRecord >= record) return found
      }
    }
    return undefined
  }

  #take(header: BlockHeader, first: boolean): void {
    const from = this.#at + blockHeaderBytes
    const to = from + header.payloadBytes
    if (first) {
      this.#outStart = from
      this.#outEnd = to
    } else {
      this.#buffer.copyWithin(this.#outEnd, from, to)
      this.#outEnd += header.payloadBytes
    }
    this.#at = to
    this.#offset += blockHeaderBytes + header.payloadBytes
  }

  /** Makes `bytes` from #at on be there; false where the segment ends before. Reads ahead where it has to read. */
  async #fill(bytes: number, endOffset: number): Promise<boolean> {
    const have = this.#filled - this.#at
    if (have >= bytes) return true
    if (this.#offset + bytes > endOffset) return false
    // As much again as is kept already: what is moved when the buffer grows stays proportional to what is read.
    const ahead = Math.max(bytes, chunkBytes, this.#outEnd - this.#outStart)
    const want = Math.min(ahead, endOffset - this.#offset)
    if (this.#at + want > this.#buffer.length) this.#makeRoom(want)
    const missing = Math.min(this.#buffer.length - this.#filled, endOffset - this.#offset - have)
    const got = await readWhole(this.#file!, this.#buffer, this.#filled, missing, this.#offset + have)
    this.#filled += got
    return have + got >= bytes
  }

  /** Moves what is kept to the buffer's front, into a larger buffer where it must be. */
  #makeRoom(want: number): void {
    const out = this.#outEnd - this.#outStart
    const unparsed = this.#filled - this.#at
    const source = this.#buffer
    let target = source
    if (out + want > source.length) {
      target = new Uint8Array(Math.max(out + want, chunkBytes))
    }
    if (target === source) {
      source.copyWithin(0, this.#outStart, this.#outEnd)
      source.copyWithin(out, this.#at, this.#filled)
    } else {
      target.set(source.subarray(this.#outStart, this.#outEnd), 0)
      target.set(source.subarray(this.#at, this.#filled), out)
      this.#buffer = target
      this.#view = new DataView(target.buffer, target.byteOffset, target.length)
    }
    this.#outStart = 0
    this.#outEnd = out
    this.#at = out
    this.#filled = out + unparsed
  }

  #forget(offset: number): void {
    this.#outStart = this.#outEnd = this.#at = this.#filled = 0
    this.#offset = offset
  }

  #replace(offset: number): void {
    this.#buffer = new Uint8Array(0)
    this.#view = new DataView(this.#buffer.buffer)
    this.#forget(offset)
  }
}

async function checkBlock(
  file: FileHandle,
  offset: number,
  endOffset: number,
): Promise<FoundBlock | undefined> {
  if (offset + blockHeaderBytes > endOffset) return undefined
  const head = Buffer.allocUnsafe(blockHeaderBytes)
  if ((await readWhole(file, head, 0, blockHeaderBytes, offset)) < blockHeaderBytes) return undefined
  const header = readBlockHeader(new DataView(head.buffer, head.byteOffset, head.length), 0)
  if (header === undefined) return undefined
  const length = blockHeaderBytes + header.payloadBytes
  if (offset + length > endOffset) return undefined
  const whole = Buffer.allocUnsafe(length)
  if ((await readWhole(file, whole, 0, length, offset)) < length) return undefined
  if (!isBlockWhole(whole, header)) return undefined
  return { offset, firstRecord: header.firstRecord, count: header.count }
}

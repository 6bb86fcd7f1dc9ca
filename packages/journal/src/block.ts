/**
 * The bytes of a segment file: a segment header, then blocks.
 *
 * Segment header, 32 bytes, little endian:
 *   0 magic (8) · 8 version u32 · 12 zero u32 · 16 first record u64 · 24 zero u32 · 28 crc32 of bytes 0–27
 * Block: a header of 24 bytes, then the payload (records, each ending with a newline):
 *   0 magic u32 · 4 crc32 of all that follows · 8 payload bytes u32 · 12 record count u32 · 16 first record u64
 *
 * Records are JSON, so 0xff and NUL never occur in them: the block's magic cannot be forged by what
 * an attacker sent, and looking for the next whole block after damage finds real blocks only.
 */
import { crc32 } from "node:zlib"

export const segmentHeaderBytes = 32
export const blockHeaderBytes = 24
/** Beyond this a block is not written, and a length read from disk is taken as damage. */
export const maxBlockPayloadBytes = 256 * 1024 * 1024
export const segmentVersion = 1

/** `ff 50 42 00` on disk. */
export const blockMagic = 0x00_42_50_ff
export const blockMagicBytes: Uint8Array = Uint8Array.of(0xff, 0x50, 0x42, 0x00)
const segmentMagic = Uint8Array.of(0xff, 0x50, 0x52, 0x4f, 0x50, 0x4a, 0x4c, 0x00)
const two32 = 0x1_0000_0000

export function segmentFileName(firstRecord: number): string {
  return `${String(firstRecord).padStart(20, "0")}.seg`
}

/** First record of a segment's file name; `undefined` where the name is none. */
export function firstRecordOf(fileName: string): number | undefined {
  if (!/^[0-9]{20}\.seg$/.test(fileName)) return undefined
  const first = Number(fileName.slice(0, 20))
  return Number.isSafeInteger(first) && first > 0 ? first : undefined
}

export function encodeSegmentHeader(firstRecord: number): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes)
  const view = new DataView(bytes.buffer)
  bytes.set(segmentMagic, 0)
  view.setUint32(8, segmentVersion, true)
  view.setUint32(16, firstRecord % two32, true)
  view.setUint32(20, Math.floor(firstRecord / two32), true)
  view.setUint32(28, crc32(bytes.subarray(0, 28)), true)
  return bytes
}

/** The version of a segment header; `undefined` where it is damaged. */
export function versionOfSegmentHeader(bytes: Uint8Array): number | undefined {
  if (bytes.length < segmentHeaderBytes) return undefined
  for (let i = 0; i < segmentMagic.length; i++) if (bytes[i] !== segmentMagic[i]) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, segmentHeaderBytes)
  if (crc32(bytes.subarray(0, 28)) !== view.getUint32(28, true)) return undefined
  return view.getUint32(8, true)
}

/** Writes all of a block's header but its checksum to `view`, at 0. */
export function writeBlockHeader(
  view: DataView,
  payloadBytes: number,
  count: number,
  firstRecord: number,
): void {
  view.setUint32(0, blockMagic, true)
  view.setUint32(8, payloadBytes, true)
  view.setUint32(12, count, true)
  view.setUint32(16, firstRecord % two32, true)
  view.setUint32(20, Math.floor(firstRecord / two32), true)
}

export interface BlockHeader {
  readonly crc: number
  readonly payloadBytes: number
  readonly count: number
  readonly firstRecord: number
}

/** The header at `at`; `undefined` where there can be none. The checksum is not looked at. */
export function readBlockHeader(view: DataView, at: number): BlockHeader | undefined {
  if (view.getUint32(at, true) !== blockMagic) return undefined
  const payloadBytes = view.getUint32(at + 8, true)
  const count = view.getUint32(at + 12, true)
  const firstRecord = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * two32
  if (payloadBytes > maxBlockPayloadBytes || count === 0 || !Number.isSafeInteger(firstRecord))
    return undefined
  return { crc: view.getUint32(at + 4, true), payloadBytes, count, firstRecord }
}

/** Whether the checksum of a whole block, header included, is right. */
export function isBlockWhole(block: Uint8Array, header: BlockHeader): boolean {
  return crc32(block.subarray(8)) === header.crc
}

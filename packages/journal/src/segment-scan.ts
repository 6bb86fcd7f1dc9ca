/** What a journal's folder holds when it is opened: its segments, and where the last whole block of the newest ends. */
import { type FileHandle, open, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { PropolisError } from "@propolis/core"
import { firstRecordOf, segmentHeaderBytes, segmentVersion, versionOfSegmentHeader } from "./block.ts"
import { BlockReader } from "./block-reader.ts"
import { readWhole } from "./files.ts"

export interface Segment {
  /** Ordinal of its first record, which names its file. */
  readonly first: number
  readonly path: string
  /** Whole blocks and the header; more may be in the file while a block is being written. */
  bytes: number
}

/** The segments of a folder, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const name of await readdir(dir)) {
    const first = firstRecordOf(name)
    if (first === undefined) continue
    const path = join(dir, name)
    segments.push({ first, path, bytes: (await stat(path)).size })
  }
  return segments.sort((a, b) => a.first - b.first)
}

/**
 * Looks at a segment's header. A damaged one is reported and lived with: the name tells the first record.
 * @throws PropolisError JOURNAL_CORRUPT where a later version of this product wrote it.
 */
export async function checkSegmentHeader(segment: Segment, log: (message: string) => void): Promise<void> {
  const file = await open(segment.path, "r")
  try {
    const head = new Uint8Array(segmentHeaderBytes)
    const length = await readWhole(file, head, 0, segmentHeaderBytes, 0)
    const version = versionOfSegmentHeader(head.subarray(0, length))
    if (version === undefined)
      log(`journal: the header of ${segment.path} is damaged; its blocks are read all the same`)
    else if (version !== segmentVersion) {
      throw new PropolisError(
        "JOURNAL_CORRUPT",
        `${segment.path} has version ${version}, this program reads version ${segmentVersion}`,
      )
    }
  } finally {
    await file.close()
  }
}

export interface Tail {
  /** Behind the last whole block. */
  readonly endOffset: number
  readonly nextRecord: number
}

/** Reads the newest segment through and finds its end; reports records that are missing in its middle. */
export async function findTail(segment: Segment, log: (message: string) => void): Promise<Tail> {
  const file = await open(segment.path, "r")
  try {
    return await scan(file, segment, log)
  } finally {
    await file.close()
  }
}

async function scan(file: FileHandle, segment: Segment, log: (message: string) => void): Promise<Tail> {
  const reader = new BlockReader()
  reader.use(file)
  let offset = segmentHeaderBytes
  let record = segment.first
  for (;;) {
    const run = await reader.read(offset, segment.bytes, record, scanLimits)
    if (run.kind === "end") return { endOffset: offset, nextRecord: record }
    if (run.kind === "blocks") {
      offset = run.endOffset
      record += run.count
      continue
    }
    const next = await reader.findBlock(offset + 1, segment.bytes, record)
    if (next === undefined) return { endOffset: offset, nextRecord: record }
    log(
      `journal: ${segment.path} is damaged from byte ${offset} to ${next.offset}: ${next.firstRecord - record} records are missing`,
    )
    offset = next.offset
    record = next.firstRecord
  }
}

const scanLimits = { maxRecords: Number.MAX_SAFE_INTEGER, maxBytes: 1024 * 1024 }

/**
 * A batch of lines → the hub's journal, in slices short enough that other clients are served in
 * between, answered only when all that was accepted is durable.
 */
import { setImmediate } from "node:timers/promises"
import type { Journal } from "@propolis/journal"
import { type AcceptPorts, acceptLine, maxLineLength } from "./accept-line.ts"

/** A refused line. `line` counts from 1. */
export interface Rejection {
  readonly line: number
  readonly reason: string
}

export interface BatchResult {
  readonly accepted: number
  readonly rejected: Rejection[]
}

/** After so much work the event loop gets its turn. */
const sliceMs = 8
// Looking at the clock costs something, and one line may be 1 MiB: lines between two looks, and bytes.
const linesPerLook = 32
const bytesPerLook = 64 * 1024
/** One block of the journal: written in one go, so it is bounded too. */
const blockBytes = 1024 * 1024

const newline = 0x0a

/**
 * One batch's lines at a time: work of the processor gains nothing from taking turns, and slices of
 * several batches in one round of the event loop would add up.
 */
export class LineWork {
  #last: Promise<unknown> = Promise.resolve()

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => {})
    return mine
  }
}

/** Resolves when what was accepted is durable. @throws PropolisError JOURNAL_FULL; some of it may be kept then. */
export async function acceptBatch(
  body: Buffer,
  journal: Journal,
  ports: AcceptPorts,
  lineWork: LineWork,
): Promise<BatchResult> {
  const { written, ...result } = await lineWork.run(() => acceptLines(body, journal, ports))
  await Promise.all(written)
  return result
}

async function acceptLines(body: Buffer, journal: Journal, ports: AcceptPorts) {
  const rejected: Rejection[] = []
  const blocks = new BlockWriter(journal, body.length * 2 + 4_096)
  let accepted = 0
  let lineNumber = 0
  let sliceStart = performance.now()
  let lookedAt = 0
  let linesSinceLook = 0

  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(newline, start)
    const end = found < 0 ? body.length : found
    lineNumber++
    linesSinceLook++
    if (end - start > maxLineLength) {
      rejected.push({ line: lineNumber, reason: `longer than ${maxLineLength} bytes` })
    } else if (!isBlank(body, start, end)) {
      const { line, reason } = acceptLine(body.toString("utf8", start, end), ports)
      if (line === undefined) rejected.push({ line: lineNumber, reason })
      else {
        accepted++
        blocks.add(line)
      }
    }
    start = end + 1
    if (linesSinceLook >= linesPerLook || start - lookedAt >= bytesPerLook) {
      linesSinceLook = 0
      lookedAt = start
      if (performance.now() - sliceStart > sliceMs) {
        await setImmediate()
        sliceStart = performance.now()
      }
    }
  }
  blocks.flush()
  return { accepted, rejected, written: blocks.written }
}

/** Lines → blocks of the journal, each encoded where it will be written from. */
class BlockWriter {
  readonly #journal: Journal
  readonly #blockBytes: number
  readonly written: Promise<number>[] = []
  #block = Buffer.alloc(0)
  #length = 0
  #count = 0

  /** @param expectedBytes of all lines together, so that a small batch takes a small block. */
  constructor(journal: Journal, expectedBytes: number) {
    this.#journal = journal
    this.#blockBytes = Math.min(blockBytes, expectedBytes)
  }

  add(line: string): void {
    // UTF-8 has at most three bytes for each UTF-16 unit.
    const mostBytes = line.length * 3
    if (this.#length + mostBytes > this.#block.length) {
      this.flush()
      this.#block = Buffer.allocUnsafeSlow(Math.max(this.#blockBytes, mostBytes))
    }
    this.#length += this.#block.write(line, this.#length, "utf8")
    this.#count++
  }

  flush(): void {
    if (this.#count === 0) return
    const append = this.#journal.appendDurable(this.#block.subarray(0, this.#length), this.#count)
    // Awaited by whoever waits for the batch; until then its failure is nobody's surprise.
    append.catch(() => {})
    this.written.push(append)
    this.#block = Buffer.alloc(0)
    this.#length = 0
    this.#count = 0
  }
}

/** Blank lines are no events and no faults (a final newline, a keep-alive). */
function isBlank(body: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = body[i]!
    if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false
  }
  return true
}

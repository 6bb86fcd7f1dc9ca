/** Batches of a slice of the journal: exact in number, whole lines, without a copy. */
import {
  type Batch,
  type BatchLimits,
  decodeTrustedEvent,
  type SensorEvent,
  textFromBytes,
} from "@propolis/core"

/** One batch; its events are decoded on first use. */
export class SliceBatch implements Batch {
  readonly number: number
  readonly count: number
  readonly ndjson: Uint8Array
  #events: readonly SensorEvent[] | undefined

  constructor(number: number, count: number, ndjson: Uint8Array) {
    this.number = number
    this.count = count
    this.ndjson = ndjson
  }

  get events(): readonly SensorEvent[] {
    this.#events ??= linesOf(this.ndjson).map((line) => decodeTrustedEvent(textFromBytes(line)))
    return this.#events
  }
}

/** Each line without its newline. */
export function linesOf(ndjson: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let start = 0; start < ndjson.length; ) {
    const end = ndjson.indexOf(0x0a, start)
    lines.push(ndjson.subarray(start, end))
    start = end + 1
  }
  return lines
}

export interface Piece {
  readonly count: number
  readonly ndjson: Uint8Array
}

/** Pieces of at most `maxEvents` lines and `maxBytes` bytes; a line larger than that is a piece of its own. */
export function* splitLines(
  ndjson: Uint8Array,
  count: number,
  limits: Pick<BatchLimits, "maxEvents" | "maxBytes">,
): Generator<Piece> {
  if (count <= limits.maxEvents && ndjson.length <= limits.maxBytes) {
    yield { count, ndjson }
    return
  }
  let start = 0
  let end = 0
  let lines = 0
  while (end < ndjson.length) {
    const next = ndjson.indexOf(0x0a, end) + 1
    if (lines > 0 && (lines === limits.maxEvents || next - start > limits.maxBytes)) {
      yield { count: lines, ndjson: ndjson.subarray(start, end) }
      start = end
      lines = 0
    }
    lines++
    end = next
  }
  yield { count: lines, ndjson: ndjson.subarray(start, end) }
}

/** Rows out of the engine's JSON lines, some at a time, so that a large answer never holds the event loop. */
import { setImmediate as nextTurn } from "node:timers/promises"

const newline = 0x0a
/** About 3 ms of JSON.parse on a slow core. */
const sliceBytes = 128 * 1024

/** The rows of some JSON lines. Yields control between slices of {@link sliceBytes}. */
export async function* parseRows<Row>(bytes: Uint8Array): AsyncGenerator<Row[], void, undefined> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = 0; start < text.length; ) {
    if (start > 0) await nextTurn()
    const rows: Row[] = []
    let end = start
    while (end < text.length && end - start < sliceBytes) {
      let stop = text.indexOf(newline, end)
      if (stop < 0) stop = text.length
      if (stop > end) rows.push(JSON.parse(text.toString("utf8", end, stop)) as Row)
      end = stop + 1
    }
    start = end
    if (rows.length > 0) yield rows
  }
}

export async function collectRows<Row>(bytes: Uint8Array): Promise<Row[]> {
  const all: Row[] = []
  for await (const rows of parseRows<Row>(bytes)) for (const row of rows) all.push(row)
  return all
}

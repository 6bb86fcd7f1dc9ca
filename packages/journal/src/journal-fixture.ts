/** For this package's tests: temporary folders, numbered records, and reading them back. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Cursor, Journal } from "./types.ts"

export async function withFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-journal-"))
  try {
    await run(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Record `n` is a JSON line that tells its number. */
export function lineOf(n: number, padding = 0): string {
  return `${JSON.stringify({ n, padding: "x".repeat(padding) })}\n`
}

export function appendNumbered(journal: Journal, first: number, count: number, padding = 0): void {
  let text = ""
  for (let n = first; n < first + count; n++) text += lineOf(n, padding)
  journal.append(Buffer.from(text), count)
}

export function numbersOf(ndjson: Uint8Array): number[] {
  return Buffer.from(ndjson)
    .toString()
    .split("\n")
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { n: number }).n)
}

/** All that a cursor can read now, without waiting. */
export async function readAll(
  cursor: Cursor,
  maxRecords = 1_000_000,
  maxBytes = 1_000_000,
): Promise<number[]> {
  const numbers: number[] = []
  for (;;) {
    const slice = await cursor.read({ maxRecords, maxBytes })
    if (slice === undefined) return numbers
    const read = numbersOf(slice.ndjson)
    if (read.length !== slice.count) throw new Error(`count ${slice.count}, but ${read.length} lines`)
    if (slice.end.record - slice.start.record !== slice.count) throw new Error("a slice spans a gap")
    numbers.push(...read)
  }
}

export function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

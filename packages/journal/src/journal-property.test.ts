import { readdir, stat, truncate } from "node:fs/promises"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { openJournal } from "./index.ts"
import { appendNumbered, numbersOf, range, withFolder } from "./journal-fixture.ts"
import type { Journal } from "./types.ts"

type Step =
  | { readonly kind: "append"; readonly count: number; readonly padding: number; readonly durable: boolean }
  | { readonly kind: "read"; readonly cursor: number; readonly maxRecords: number; readonly maxBytes: number }
  | { readonly kind: "commit"; readonly cursor: number }
  | { readonly kind: "rewind"; readonly cursor: number }
  | { readonly kind: "reopen"; readonly tornBytes: number }

const cursorIndex = fc.integer({ min: 0, max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 20 }),
      padding: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constant(20_000)),
      durable: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      cursor: cursorIndex,
      maxRecords: fc.integer({ min: 1, max: 60 }),
      maxBytes: fc.integer({ min: 1, max: 600_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("commit" as const), cursor: cursorIndex }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rewind" as const), cursor: cursorIndex }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("reopen" as const),
      tornBytes: fc.integer({ min: 0, max: 400 }),
    }),
  },
)

/** Cuts bytes off the newest segment, as a crash in the middle of a write does. */
async function tear(dir: string, bytes: number): Promise<void> {
  const newest = (await readdir(dir))
    .filter((name) => name.endsWith(".seg"))
    .sort()
    .at(-1)!
  const { size } = await stat(join(dir, newest))
  await truncate(join(dir, newest), Math.max(32, size - bytes))
}

describe("any order of appends, reads, commits, rewinds, restarts and torn tails", () => {
  it("gives every cursor every record that survived, in order, and all of them after a plain restart", () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) =>
        withFolder(async (dir) => {
          const options = { dir, segmentBytes: 4_000 }
          let journal: Journal = await openJournal(options)
          /** Records that were torn off; their numbers are either not given again or given to new records. */
          const torn = new Set<number>()
          const committed = [1, 1, 1]
          const position = [1, 1, 1]
          for (const now of steps) {
            if (now.kind === "append") {
              const first = journal.end.record
              appendNumbered(journal, first, now.count, now.padding)
              for (let n = first; n < first + now.count; n++) torn.delete(n)
              if (now.durable) {
                const line = Buffer.from(`{"n":${first + now.count}}\n`)
                expect(await journal.appendDurable(line, 1)).toBe(first + now.count)
                torn.delete(first + now.count)
              }
            } else if (now.kind === "reopen") {
              const before = journal.end.record
              await journal.close()
              await tear(dir, now.tornBytes)
              journal = await openJournal(options)
              if (now.tornBytes === 0) expect(journal.end.record).toBe(before)
              // What is missing is exactly what is no longer read from the start.
              const check = await journal.cursor("check")
              const left = new Set<number>()
              for (;;) {
                const slice = await check.read({ maxRecords: 1_000, maxBytes: 1_000_000 })
                if (slice === undefined) break
                for (const n of numbersOf(slice.ndjson)) left.add(n)
              }
              await journal.removeCursor("check")
              const missing = range(1, before - 1).filter((n) => !left.has(n) && !torn.has(n))
              // Only the newest may be missing, and none after a plain restart.
              expect(missing).toEqual(range(before - missing.length, missing.length))
              if (now.tornBytes === 0) expect(missing).toEqual([])
              for (const n of missing) torn.add(n)
              for (let i = 0; i < 3; i++) position[i] = committed[i]!
            } else {
              const i = now.cursor
              const cursor = await journal.cursor(`c${i}`)
              if (now.kind === "read") {
                const slice = await cursor.read(now)
                const end = journal.end.record
                const expected = range(position[i]!, Math.max(0, end - position[i]!)).filter(
                  (n) => !torn.has(n),
                )
                if (slice === undefined) expect(expected).toEqual([])
                else {
                  const numbers = numbersOf(slice.ndjson)
                  expect(numbers).toEqual(expected.slice(0, numbers.length))
                  expect(slice.start.record).toBe(numbers[0])
                  position[i] = slice.end.record
                }
              } else if (now.kind === "commit") {
                await cursor.commit(cursor.position)
                committed[i] = cursor.position.record
              } else {
                cursor.rewind()
                position[i] = committed[i]!
              }
            }
          }
          await journal.close()
        }),
      ),
      { numRuns: 60, seed: 20_261_122 },
    ))
})

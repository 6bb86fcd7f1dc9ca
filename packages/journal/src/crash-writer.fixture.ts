/** Run as its own process by the tests: appends numbered records as fast as it can and tells after each append how far it is. */
import { writeSync } from "node:fs"
import { openJournal } from "./index.ts"
import { appendNumbered } from "./journal-fixture.ts"

const dir = process.argv[2]!
const journal = await openJournal({ dir, segmentBytes: 200_000, durableReads: false })
const cursor = await journal.cursor("reader")

function burst(): void {
  for (let i = 0; i < 20; i++) {
    const first = journal.end.record
    appendNumbered(journal, first, 1 + (first % 7), first % 11 === 0 ? 30_000 : 50)
    writeSync(1, `${journal.end.record - 1}\n`)
  }
  setImmediate(burst)
}
burst()
for (;;) {
  const slice = await cursor.read({ maxRecords: 50, maxBytes: 1_000_000 })
  if (slice === undefined) await cursor.wait()
  else await cursor.commit(slice.end)
}

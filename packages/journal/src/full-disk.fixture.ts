/**
 * Run as its own process under a limit of file size: appends until the journal says that it is full,
 * then looks that nothing is broken. Prints what happened as JSON.
 */
import { openJournal } from "./index.ts"
import { appendNumbered, readAll } from "./journal-fixture.ts"

// The signal's default action ends the process; without it write(2) fails with EFBIG (setrlimit(2)).
process.on("SIGXFSZ", () => {})
const dir = process.argv[2]!
const journal = await openJournal({ dir })
let written = 0
let code = ""
while (code === "") {
  try {
    appendNumbered(journal, written + 1, 10, 500)
    written += 10
  } catch (error) {
    code = (error as { code: string }).code
  }
}
const unwritten = journal.stats().unwritten
// A smaller block may still fit behind the last whole one.
let smaller = 0
try {
  appendNumbered(journal, written + 1, 1)
  smaller = 1
} catch {
  smaller = 0
}
const read = await readAll(await journal.cursor("a"))
await journal.close()
const whole = read.length === written + smaller && read.every((n, i) => n === i + 1)
console.log(JSON.stringify({ code, written, unwritten, whole }))

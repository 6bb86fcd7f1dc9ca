/**
 * Every check of the project, one after the other; `--fast` leaves out the tests that run the product.
 * The last line is `N passed, N failed, N skipped`; a check that is not a test file counts as one.
 */
import { spawn } from "node:child_process"
import { readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const fast = process.argv.includes("--fast")
const filters = process.argv.slice(2).filter((argument) => argument !== "--fast")
const requireAll = process.env.PROPOLIS_REQUIRE_ALL === "1"

interface Tally {
  passed: number
  failed: number
  skipped: number
}

function bin(pkg: string, file: string): string[] {
  return [join(root, "node_modules", pkg, file)]
}

/** Runs a script under this Node.js; its output goes straight through. Resolves to its exit code. */
async function run(args: readonly string[], cwd = root): Promise<number> {
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "inherit", "inherit"] })
  const stop = () => child.kill("SIGTERM")
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject)
    child.on("exit", (status) => resolve(status ?? 1))
  })
  process.off("SIGINT", stop)
  process.off("SIGTERM", stop)
  return code
}

const checks: readonly (readonly [title: string, args: readonly string[], cwd?: string])[] = [
  [
    "format, lint and import rules",
    [...bin("@biomejs/biome", "bin/biome"), "ci", "--colors=off", "--error-on-warnings", "."],
  ],
  ["types of servers and tools", [...bin("typescript", "bin/tsc"), "-p", "."]],
  ["types of the pages", [...bin("typescript", "bin/tsc"), "-p", "packages/web"]],
  ["generated documents are true", ["tools/docs.ts", "--check"]],
]

async function vitest(): Promise<Tally> {
  const report = join(tmpdir(), `propolis-test-${process.pid}.json`)
  const args = [
    ...bin("vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...filters,
  ]
  const code = await run(args)
  try {
    const result = JSON.parse(readFileSync(report, "utf8")) as {
      numPassedTests: number
      numFailedTests: number
      numPendingTests: number
      numTodoTests: number
    }
    const failed = result.numFailedTests
    return {
      passed: result.numPassedTests,
      // A file that does not load, or an error outside of a test, is a failure too.
      failed: failed === 0 && code !== 0 ? 1 : failed,
      skipped: result.numPendingTests + result.numTodoTests,
    }
  } finally {
    rmSync(report, { force: true })
  }
}

const tally: Tally = { passed: 0, failed: 0, skipped: 0 }
if (filters.length === 0) {
  for (const [title, args, cwd] of checks) {
    const started = performance.now()
    const code = await run(args, cwd)
    tally[code === 0 ? "passed" : "failed"]++
    console.log(
      `${code === 0 ? "ok  " : "FAIL"} ${title} (${((performance.now() - started) / 1_000).toFixed(1)} s)`,
    )
  }
}
if (!fast) {
  const tests = await vitest()
  tally.passed += tests.passed
  tally.failed += tests.failed
  tally.skipped += tests.skipped
}
if (requireAll && tally.skipped > 0) {
  console.log(`PROPOLIS_REQUIRE_ALL=1: ${tally.skipped} skipped, which counts as failed`)
}
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`)
process.exitCode = tally.failed > 0 || (requireAll && tally.skipped > 0) || tally.passed === 0 ? 1 : 0

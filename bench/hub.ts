/**
 * `npm run bench -- hub [--events N] [--data DIR] [--runs N] [--ingest N] [--batch N] [--only queries|ingest]`
 *
 * Ingest over HTTP against a running hub and a bare yardstick, then the ten queries over N generated events (default one
 * million; 20000000 is the bar's size and takes some minutes to fill, `--data` keeps it for the next time; the rows are
 * inserted as the loader inserts them, without the journal). Adds to bench/results/hub.json.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os"
import { join, resolve } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { startChild } from "./hub/child.ts"
import { measureIngest } from "./hub/ingest.ts"
import type { QueryReport } from "./hub/queries-process.ts"
import { numberOption } from "./torture/processes.ts"

const ingestBar = 40_000
const loopBarMs = 50
const idleResolutionMs = 5
const resultsFile = join(import.meta.dirname, "results", "hub.json")

export async function run(args: string[]): Promise<number> {
  const only = textOption(args, "only")
  const failures: string[] = []
  if (only !== "queries") failures.push(...(await benchIngest(args)))
  if (only !== "ingest") failures.push(...(await benchQueries(args)))
  console.log(failures.length === 0 ? "\nall bars met" : `\nbars missed:\n  ${failures.join("\n  ")}`)
  return failures.length === 0 ? 0 : 1
}

async function benchIngest(args: readonly string[]): Promise<string[]> {
  const report = await measureIngest(
    numberOption(args, "ingest", 450_000),
    numberOption(args, "batch", 2_000),
  )
  console.log(`ingest, ${report.events} events in batches of ${report.batchSize}:`)
  console.log(
    `  acknowledged ${report.acknowledgedPerSecond}/s (bar ${ingestBar}), loaded ${report.loadedPerSecond}/s`,
  )
  console.log(
    `  bare server ${report.yardstickPerSecond}/s, ratio ${report.ratio}; event loop held at most ${report.loopMaxMs} ms`,
  )
  keep(`ingest-${report.batchSize}`, report)
  return [
    ...(report.acknowledgedPerSecond < ingestBar ? [`ingest: ${report.acknowledgedPerSecond}/s`] : []),
    ...(report.loopMaxMs > loopBarMs ? [`ingest: event loop held ${report.loopMaxMs} ms`] : []),
  ]
}

async function benchQueries(args: readonly string[]): Promise<string[]> {
  const events = numberOption(args, "events", 1_000_000)
  const runs = numberOption(args, "runs", 20)
  const kept = textOption(args, "data")
  const folder = kept === undefined ? mkdtempSync(join(tmpdir(), "propolis-bench-store-")) : resolve(kept)
  try {
    // This process does nothing meanwhile: what holds its event loop is the machine, not the store.
    const idle = monitorEventLoopDelay({ resolution: idleResolutionMs })
    idle.enable()
    const child = await startChild<QueryReport>("hub/queries-process.ts", [
      folder,
      String(events),
      String(runs),
    ])
    idle.disable()
    const idleLoopMaxMs = Math.round(Math.max(0, idle.max / 1e6 - idleResolutionMs) * 10) / 10
    const report = { ...child.first, idleLoopMaxMs }
    await child.stop()
    console.log(`queries over ${events} events, ${runs} runs, ms:`)
    console.log(
      `  ${"".padEnd(28)}${["bar", "median", "p95", "first", "loop", "rows"].map((text) => text.padStart(9)).join("")}`,
    )
    for (const query of report.queries) {
      const numbers = [query.barMs, query.medianMs, query.p95Ms, query.firstMs, query.loopMaxMs, query.rows]
      console.log(`  ${query.name.padEnd(28)}${numbers.map((value) => String(value).padStart(9)).join("")}`)
    }
    console.log(`  the event loop of an idle process was held at most ${idleLoopMaxMs} ms meanwhile`)
    keep(`queries-${events}`, report)
    return report.queries.flatMap(({ name, barMs, medianMs, loopMaxMs }) => [
      ...(medianMs > barMs ? [`${name}: ${medianMs} ms, bar ${barMs}`] : []),
      ...(loopMaxMs > loopBarMs ? [`${name}: event loop held ${loopMaxMs} ms`] : []),
    ])
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** Results of different sizes stand side by side, each with the machine that it was measured on. */
function keep(name: string, report: object): void {
  const known = existsSync(resultsFile)
    ? (JSON.parse(readFileSync(resultsFile, "utf8")) as Record<string, unknown>)
    : {}
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    loadAverage: loadavg()[0],
    measuredAt: new Date().toISOString(),
  }
  mkdirSync(join(import.meta.dirname, "results"), { recursive: true })
  writeFileSync(
    resultsFile,
    `${JSON.stringify({ ...known, [name]: { machine, ...report } }, undefined, 2)}\n`,
  )
}

function textOption(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(`--${name}`)
  return at < 0 ? undefined : args[at + 1]
}

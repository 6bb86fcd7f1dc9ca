/**
 * `npm run bench -- handlers [--events N]`: how quickly log handlers deliver a journal, through the whole pipeline, beside bare
 * writers of the same bytes. Peers run in a process of their own; what counts is events per second of this process's
 * processor time: one core. Writes bench/results/handlers.json.
 */
import { fork } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os"
import { join } from "node:path"
import { type Journal, openJournal } from "@propolis/journal"
import { findLogHandler } from "@propolis/log-handlers"
import { startPipeline } from "../packages/sensor/src/pipeline/index.ts"
import { appendNumbered, numberedLine } from "./handlers/numbered-events.ts"
import { numberOption } from "./torture/processes.ts"

interface Speed {
  /** Events per second of time that passed. */
  readonly perSecond: number
  /** Events per second of one core's time. */
  readonly perCoreSecond: number
}

interface Row {
  readonly name: string
  readonly events: number
  readonly handler: Speed
  readonly yardstick: Speed
  /** Handler ÷ bare writer, per second of one core. */
  readonly ratio: number
  readonly bar: number
  readonly met: boolean
}

export async function run(args: string[]): Promise<number> {
  const events = numberOption(args, "events", 500_000)
  const folder = mkdtempSync(join(tmpdir(), "propolis-bench-handlers-"))
  const sink = await startSink()
  const journal = await openJournal({ dir: join(folder, "journal"), maxBytes: 8 * 1024 ** 3 })
  try {
    appendNumbered(journal, 0, events)
    const measure = (name: string, options: object) => deliverAll(journal, folder, name, options, events)
    const bareFile = () => writeFileBare(join(folder, "bare.ndjson"), events)
    const barePost = () => postBare(`${sink.url}/bare`, events)
    const key = { apiId: "id", apiKey: "key-of-bench" }
    const rows = [
      await compare("file", events, 200_000, () => measure("file", { compress: false }), bareFile),
      await compare("hub", events, 20_000, () => measure("hub", { url: sink.url, ...key }), barePost),
      await compare(
        "elasticsearch",
        events,
        20_000,
        () => measure("elasticsearch", { url: sink.url, template: false }),
        barePost,
      ),
    ]
    print(rows)
    keep(rows)
    return rows.every((row) => row.met) ? 0 : 1
  } finally {
    await journal.close()
    sink.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Two rounds of each in turn; the better counts, the first warms up. */
async function compare(
  name: string,
  events: number,
  bar: number,
  handler: () => Promise<void>,
  yardstick: () => Promise<void>,
): Promise<Row> {
  const best = { handler: { perSecond: 0, perCoreSecond: 0 }, yardstick: { perSecond: 0, perCoreSecond: 0 } }
  for (let round = 0; round < 2; round++) {
    best.yardstick = faster(best.yardstick, await speedOf(events, yardstick))
    best.handler = faster(best.handler, await speedOf(events, handler))
  }
  const ratio = best.handler.perCoreSecond / best.yardstick.perCoreSecond
  return { name, events, ...best, ratio, bar, met: best.handler.perCoreSecond >= bar }
}

function faster(a: Speed, b: Speed): Speed {
  return a.perCoreSecond > b.perCoreSecond ? a : b
}

async function speedOf(events: number, work: () => Promise<void>): Promise<Speed> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: events / seconds, perCoreSecond: events / ((user + system) / 1_000_000) }
}

let made = 0

/** A new handler, with a place of its own in the journal, from its beginning to its end. */
async function deliverAll(
  journal: Journal,
  folder: string,
  name: string,
  given: object,
  events: number,
): Promise<void> {
  const handler = findLogHandler(name)!
  const dataDir = join(folder, `${name}-${made++}`)
  mkdirSync(dataDir)
  const pipeline = await startPipeline({
    journal,
    handlers: [{ name: `${name}-${made}`, handler, options: handler.options.parse(given) }],
    sensor: "bench",
    dataDir,
    log: (message) => console.error(message),
  })
  try {
    const drained = await pipeline.drain(600_000)
    const { delivered } = Object.values(pipeline.stats())[0]!
    if (!drained || delivered !== events)
      throw new Error(`${name} delivered ${delivered} of ${events} events`)
  } finally {
    await pipeline.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const bareBatch = 5_000

/** What anybody would write: the same lines, as many at a time, synced. */
async function writeFileBare(path: string, events: number): Promise<void> {
  const chunk = chunkOf(bareBatch)
  const file = await open(path, "w")
  for (let done = 0; done < events; done += bareBatch) {
    await file.write(chunk)
    await file.datasync()
  }
  await file.close()
  rmSync(path)
}

async function postBare(url: string, events: number): Promise<void> {
  const chunk = chunkOf(bareBatch)
  for (let done = 0; done < events; done += bareBatch) {
    const answer = await fetch(url, { method: "POST", body: chunk })
    await answer.text()
  }
}

function chunkOf(count: number): Buffer<ArrayBuffer> {
  return Buffer.from(Array.from({ length: count }, (_, i) => numberedLine(i)).join(""))
}

async function startSink(): Promise<{ url: string; stop(): void }> {
  const script = join(import.meta.dirname, "handlers", "sink-process.ts")
  const child = fork(script, [], { execArgv: ["--disable-warning=ExperimentalWarning"] })
  const port = await new Promise((resolve, reject) => {
    child.once("message", resolve)
    child.once("exit", (code) => reject(new Error(`the sink ended with ${code}`)))
  })
  return { url: `http://127.0.0.1:${String(port)}`, stop: () => void child.kill("SIGTERM") }
}

function print(rows: readonly Row[]): void {
  const text = (value: number) => Math.round(value).toLocaleString("en").padStart(11)
  console.log("\n                   events/s   per core-s   bare, per core-s   ratio          bar")
  for (const { name, handler, yardstick, ratio, bar, met } of rows) {
    console.log(
      `${name.padEnd(14)} ${text(handler.perSecond)}  ${text(handler.perCoreSecond)}        ${text(yardstick.perCoreSecond)}   ${ratio.toFixed(3)}  ${text(bar)} ${met ? "ok" : "MISSED"}`,
    )
  }
}

function keep(rows: readonly Row[]): void {
  const folder = join(import.meta.dirname, "results")
  mkdirSync(folder, { recursive: true })
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
  }
  const result = { at: new Date().toISOString(), machine, rows }
  writeFileSync(join(folder, "handlers.json"), `${JSON.stringify(result, null, 2)}\n`)
}

/** Child process: fills a store where it is not filled yet, and times the ten queries. Arguments: folder, events, runs. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { openStore } from "../../packages/hub/src/store/index.ts"
import { fillStore } from "./fill.ts"
import { tenQueries } from "./ten-queries.ts"

export interface QueryTimes {
  readonly name: string
  readonly barMs: number
  readonly rows: number
  /** With nothing of it in the engine's caches. */
  readonly firstMs: number
  readonly medianMs: number
  readonly p95Ms: number
  /** The longest that the event loop was held, all runs. */
  readonly loopMaxMs: number
}

export interface QueryReport {
  readonly events: number
  /** Undefined where the store was filled by an earlier run. */
  readonly filledPerSecond?: number
  readonly diskBytes: number
  readonly residentBytes: number
  readonly queries: readonly QueryTimes[]
}

const spanMs = 8 * 86_400_000
const loopResolutionMs = 5

async function measure(dir: string, events: number, runs: number): Promise<QueryReport> {
  const store = await openStore({ dir, log: console.log })
  const filledFile = join(dir, "filled.json")
  let filledPerSecond: number | undefined
  if (!existsSync(filledFile)) {
    const to = Math.ceil(Date.now() / 3_600_000) * 3_600_000
    const options = { seed: 1, count: events, from: to - spanMs, to, hosts: 50_000 }
    const seconds = await fillStore(store, options, (text) => console.log(`  ${text}`))
    filledPerSecond = Math.round(events / seconds)
    writeFileSync(filledFile, JSON.stringify({ events, to }))
  }
  const filled = JSON.parse(readFileSync(filledFile, "utf8")) as { events: number; to: number }
  if (filled.events !== events) throw new Error(`${dir} holds ${filled.events} events, not ${events}`)
  await mergesDone(store)

  const queries: QueryTimes[] = []
  for (const { name, barMs, run } of await tenQueries(store, filled.to)) {
    const loop = monitorEventLoopDelay({ resolution: loopResolutionMs })
    loop.enable()
    let rows = 0
    const times: number[] = []
    for (let i = 0; i <= runs; i++) {
      const started = performance.now()
      rows = await run()
      times.push(performance.now() - started)
    }
    loop.disable()
    const [firstMs, ...rest] = times
    rest.sort((a, b) => a - b)
    queries.push({
      name,
      barMs,
      rows,
      firstMs: round(firstMs!),
      medianMs: round(rest[Math.floor(rest.length / 2)]!),
      p95Ms: round(rest[Math.ceil(rest.length * 0.95) - 1]!),
      loopMaxMs: round(Math.max(0, loop.max / 1e6 - loopResolutionMs)),
    })
  }
  const [disk] = await store.query<{ bytes: number }>(
    "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active",
  )
  await store.close()
  return {
    events,
    ...(filledPerSecond === undefined ? {} : { filledPerSecond }),
    diskBytes: disk!.bytes,
    residentBytes: process.memoryUsage.rss(),
    queries,
  }
}

/** What merges cost is the fill's, not the queries': waits until they are through, half a minute at most. */
async function mergesDone(store: Awaited<ReturnType<typeof openStore>>): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const [merges] = await store.query<{ n: number }>("SELECT count() AS n FROM system.merges")
    if (merges!.n === 0) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

const [dir, events, runs] = process.argv.slice(2)
process.send!(await measure(dir!, Number(events), Number(runs)))
process.disconnect()

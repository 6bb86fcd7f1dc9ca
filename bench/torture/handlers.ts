/**
 * One log handler hangs, one is answered 500, one is healthy: the healthy one gets all, in order, as quickly as if it were alone;
 * the others catch up without loss once their peers are well. Then kill -9 during delivery: nothing is lost, and a kill
 * repeats one batch at most.
 */
import { type ChildProcess, fork } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { openJournal } from "@propolis/journal"
import { type Pipeline, startPipeline } from "../../packages/sensor/src/pipeline/index.ts"
import { appendNumbered, numbersOf, OrderWatch } from "../handlers/numbered-events.ts"
import { eventsPerBatch, webhookEntry } from "../handlers/webhook-entry.ts"
import { numberOption, report, scratchFolder } from "./processes.ts"

/** Beside two handlers in trouble the healthy one keeps at least so much of its speed alone: noise of the machine. */
const minSpeedRatio = 0.8

const rounds = 11

type Check = readonly [what: string, ok: boolean, seen: string]

export async function run(args: string[]): Promise<number> {
  const events = numberOption(args, "events", 1_000_000)
  const kills = numberOption(args, "runs", 20)
  const checks = [...(await isolation(events)), ...(await killing(kills))]
  return report(`handlers: ${events} events, ${kills} kills`, checks)
}

async function isolation(events: number): Promise<Check[]> {
  const folder = scratchFolder("handlers")
  const peer = await startPeer()
  const journal = await openJournal({ dir: join(folder.path, "journal"), maxBytes: 8 * 1024 ** 3 })
  const pipeline = await startPipeline({
    journal,
    handlers: [],
    sensor: "torture",
    dataDir: folder.path,
    log: () => {},
    retry: { firstMs: 50, capMs: 500 },
  })
  try {
    peer.sick = true
    const troubled = [
      webhookEntry("hangs", `${peer.url}/hangs`, 1_000),
      webhookEntry("fails", `${peer.url}/fails`),
    ]
    const ratios: number[] = []
    let attempts = { hangs: 0, fails: 0 }
    for (let round = 0; round < rounds; round++) {
      const from = Math.floor((events * round) / rounds)
      const count = Math.floor((events * (round + 1)) / rounds) - from
      appendNumbered(journal, from, count)
      const alone = () => timed(pipeline, "alone", peer.url, count)
      const beside = async () => {
        for (const entry of troubled) await pipeline.add(entry)
        const speed = await timed(pipeline, "healthy", peer.url, count)
        const { hangs, fails } = pipeline.stats()
        attempts = {
          hangs: attempts.hangs + hangs!.failedAttempts,
          fails: attempts.fails + fails!.failedAttempts,
        }
        for (const { name } of troubled) await pipeline.remove(name)
        return speed
      }
      // In turn, and in both orders: what else the machine does hits both alike.
      const first = round % 2 === 0 ? await alone() : await beside()
      const second = round % 2 === 0 ? await beside() : await alone()
      const ratio = round % 2 === 0 ? second / first : first / second
      console.log(`  round ${round + 1}/${rounds}: beside ÷ alone = ${ratio.toFixed(2)}`)
      ratios.push(ratio)
    }
    const untouched = peer.of("hangs").next + peer.of("fails").next
    peer.sick = false
    for (const entry of troubled) await pipeline.add(entry)
    const caughtUp = await pipeline.drain(600_000)
    const ratio = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]!
    return [
      [
        "the healthy one gets all, in order, once",
        isPerfect(peer.of("healthy"), events),
        describe(peer.of("healthy")),
      ],
      [
        "at full speed (events/s beside the others ÷ alone, median)",
        ratio >= minSpeedRatio,
        ratio.toFixed(2),
      ],
      [
        "the others were in trouble meanwhile",
        untouched === 0 && attempts.hangs + attempts.fails > 0,
        `${attempts.hangs} and ${attempts.fails} failed attempts, nothing taken`,
      ],
      ...(["hangs", "fails"] as const).map((name): Check => {
        const watch = peer.of(name)
        return [
          `${name}: all after its recovery, in order, once`,
          caughtUp && isPerfect(watch, events),
          describe(watch),
        ]
      }),
    ]
  } finally {
    await pipeline.close()
    await journal.close()
    await peer.stop()
    folder.remove()
  }
}

/** Events per second of a handler that gets what was appended since its last turn. */
async function timed(pipeline: Pipeline, name: string, url: string, events: number): Promise<number> {
  const start = performance.now()
  await pipeline.add(webhookEntry(name, `${url}/${name}`))
  while (pipeline.stats()[name]!.lag > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const perSecond = events / ((performance.now() - start) / 1_000)
  await pipeline.remove(name)
  return perSecond
}

async function killing(kills: number): Promise<Check[]> {
  const folder = scratchFolder("handlers-kill")
  const peer = await startPeer()
  const events = 200_000 + kills * 20_000
  try {
    const journal = await openJournal({ dir: join(folder.path, "journal") })
    appendNumbered(journal, 0, events)
    await journal.close()
    const watch = peer.of("killed")
    let worst = 0
    let useful = 0
    for (let i = 0; i < kills; i++) {
      const before = watch.repeated
      const child = startChild(folder.path, `${peer.url}/killed`)
      const from = watch.next
      const goal = from + 1 + Math.floor(Math.random() * 15_000)
      while (watch.next < goal && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 1))
      child.kill("SIGKILL")
      await gone(child)
      // What was on its way when the process was killed arrives, or does not.
      await new Promise((resolve) => setTimeout(resolve, 50))
      worst = Math.max(worst, watch.repeated - before)
      if (watch.next > from && watch.next < events) useful++
    }
    const before = watch.repeated
    const child = startChild(folder.path, `${peer.url}/killed`)
    await new Promise((resolve, reject) => {
      child.once("message", resolve)
      child.once("exit", () => reject(new Error("the pipeline ended by itself")))
    })
    child.kill("SIGKILL")
    await gone(child)
    worst = Math.max(worst, watch.repeated - before)
    return [
      ["kills hit deliveries", useful === kills, `${useful} of ${kills}`],
      ["at least once, in order", watch.next === events && watch.gaps === 0, describe(watch)],
      [
        "a kill repeats one batch at most",
        worst <= eventsPerBatch && watch.largestBatch <= eventsPerBatch,
        `${worst} of ${eventsPerBatch}`,
      ],
    ]
  } finally {
    await peer.stop()
    folder.remove()
  }
}

function startChild(folder: string, url: string): ChildProcess {
  const script = join(import.meta.dirname, "..", "handlers", "pipeline-process.ts")
  return fork(script, [folder, url], { execArgv: ["--disable-warning=ExperimentalWarning"] })
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise((resolve) => child.once("exit", resolve))
}

function isPerfect(watch: OrderWatch, events: number): boolean {
  return watch.next === events && watch.gaps === 0 && watch.repeated === 0
}

function describe({ next, gaps, repeated }: OrderWatch): string {
  return `${next} events, ${gaps} gaps, ${repeated} repeated`
}

interface Peer {
  readonly url: string
  /** Whether `/hangs` never answers and `/fails` answers 500. */
  sick: boolean
  of(name: string): OrderWatch
  stop(): Promise<void>
}

async function startPeer(): Promise<Peer> {
  const watches = new Map<string, OrderWatch>()
  const of = (name: string) => {
    const watch = watches.get(name) ?? new OrderWatch()
    watches.set(name, watch)
    return watch
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      // Whoever sent it is gone: a request that is not whole counts for nothing.
      return
    }
    const name = request.url!.slice(1)
    if (peer.sick && name === "hangs") return
    if (peer.sick && name === "fails") return void response.writeHead(500).end("in trouble")
    of(name).take(numbersOf(Buffer.concat(chunks)))
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const peer: Peer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sick: false,
    of,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return peer
}

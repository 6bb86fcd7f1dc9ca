import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type BatchLimits,
  type DeliveryReport,
  defineLogHandler,
  type LogHandler,
  PropolisError,
} from "@propolis/core"
import { type Journal, openJournal } from "@propolis/journal"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { requestRetry, retryIsRequested } from "./dead-letter-retry.ts"
import { startPipeline } from "./pipeline.ts"
import type { Pipeline, PipelineOptions } from "./types.ts"

const limits: BatchLimits = { maxEvents: 100, maxBytes: 1_000_000, maxWaitMs: 5 }
const retry = { firstMs: 1, capMs: 4 }

let dir: string
let journal: Journal
const logs: string[] = []
const open: Pipeline[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-pipeline-"))
  journal = await openJournal({ dir: join(dir, "journal") })
  logs.length = 0
})
afterEach(async () => {
  for (const pipeline of open.splice(0)) await pipeline.close()
  await journal.close()
  await rm(dir, { recursive: true, force: true })
})

async function start(options: Partial<PipelineOptions>): Promise<Pipeline> {
  const pipeline = await startPipeline({
    journal,
    handlers: [],
    sensor: "s1",
    dataDir: dir,
    log: (message) => logs.push(message),
    retry,
    ...options,
  })
  open.push(pipeline)
  return pipeline
}

/** Events are told apart by `seq`; the pipeline does not look into them. */
function append(first: number, count: number, perBlock = count): void {
  for (let seq = first; seq < first + count; seq += perBlock) {
    const block = Math.min(perBlock, first + count - seq)
    const lines = Array.from({ length: block }, (_, i) => `${JSON.stringify({ seq: seq + i })}\n`)
    journal.append(Buffer.from(lines.join("")), block)
  }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

interface Attempt {
  readonly number: number
  readonly seqs: readonly number[]
  readonly signal: AbortSignal
}

/** A log handler that remembers; `answer` decides each attempt. */
function recorder(
  answer: (attempt: Attempt, index: number) => Promise<DeliveryReport | undefined> | undefined,
  batch = limits,
) {
  const delivered: number[] = []
  const attempts: Attempt[] = []
  const state = { opened: 0, closed: 0 }
  const handler: LogHandler = defineLogHandler({
    name: "recorder",
    title: "Remembers",
    options: z.unknown(),
    batch,
    async open() {
      state.opened++
      return {
        async deliver(batch, signal) {
          const attempt = { number: batch.number, seqs: batch.events.map((event) => event.seq), signal }
          attempts.push(attempt)
          const report = await answer(attempt, attempts.length - 1)
          delivered.push(...attempt.seqs)
          return report
        },
        async close() {
          state.closed++
        },
      }
    },
  })
  return { handler, delivered, attempts, state }
}

const takes = async () => undefined

describe("delivery", () => {
  it("is complete, in order, and in batches of exactly maxEvents at most", async () => {
    append(0, 1_234, 50)
    const { handler, delivered, attempts } = recorder(takes, { ...limits, maxEvents: 70 })
    const pipeline = await start({ handlers: [{ name: "a", handler, options: {} }] })
    append(1_234, 500, 171)
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(delivered).toEqual(range(0, 1_734))
    expect(Math.max(...attempts.map((attempt) => attempt.seqs.length))).toBe(70)
    expect(pipeline.stats().a).toMatchObject({ delivered: 1_734, lag: 0, failedAttempts: 0, rejected: 0 })
  })

  it("keeps batches within maxBytes, a larger event alone", async () => {
    append(0, 40)
    journal.append(Buffer.from(`${JSON.stringify({ seq: 40, pad: "x".repeat(500) })}\n`), 1)
    append(41, 3)
    const { handler, delivered, attempts } = recorder(takes, { ...limits, maxBytes: 100 })
    const pipeline = await start({ handlers: [{ name: "a", handler, options: {} }] })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(delivered).toEqual(range(0, 44))
    expect(attempts.find((attempt) => attempt.seqs.includes(40))?.seqs).toEqual([40])
    expect(attempts.every((attempt) => attempt.seqs.length <= 10)).toBe(true)
  })

  it("tries the same batch again until it is taken, and goes on in order", async () => {
    const { handler, delivered, attempts } = recorder(async (_, index) => {
      if (index % 3 !== 2) throw new Error("not this time")
      return undefined
    })
    append(0, 250, 50)
    const pipeline = await start({
      handlers: [{ name: "a", handler, options: {}, batch: { maxEvents: 50 } }],
    })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(delivered).toEqual(range(0, 250))
    expect(attempts.length).toBe(15)
    expect(attempts.map((attempt) => attempt.number)).toEqual(range(0, 15).map((i) => 1 + Math.floor(i / 3)))
    expect(pipeline.stats().a).toMatchObject({ failedAttempts: 10, lastError: "not this time", batches: 5 })
  })

  it("goes on after a restart behind what was committed", async () => {
    append(0, 10)
    const first = recorder(takes)
    const pipeline = await start({ handlers: [{ name: "a", handler: first.handler, options: {} }] })
    expect(await pipeline.drain(10_000)).toBe(true)
    await pipeline.close()
    expect(first.state).toEqual({ opened: 1, closed: 1 })
    append(10, 10)
    const second = recorder(takes)
    const again = await start({ handlers: [{ name: "a", handler: second.handler, options: {} }] })
    expect(await again.drain(10_000)).toBe(true)
    expect(second.delivered).toEqual(range(10, 10))
  })

  it("repeats after a restart what was not delivered, and loses nothing", async () => {
    append(0, 10)
    const never = recorder(
      (attempt) =>
        new Promise((_, reject) => {
          attempt.signal.addEventListener("abort", () => reject(attempt.signal.reason))
        }),
    )
    const pipeline = await start({ handlers: [{ name: "a", handler: never.handler, options: {} }] })
    expect(await pipeline.drain(50)).toBe(false)
    await pipeline.close()
    expect(pipeline.stats().a).toMatchObject({ state: "closed", lag: 10, delivered: 0 })
    const second = recorder(takes)
    const again = await start({ handlers: [{ name: "a", handler: second.handler, options: {} }] })
    expect(await again.drain(10_000)).toBe(true)
    expect(second.delivered).toEqual(range(0, 10))
  })

  it("opens again and again until the handler opens", async () => {
    append(0, 5)
    const { handler, delivered } = recorder(takes)
    let openings = 0
    const late: LogHandler = {
      ...handler,
      open: async (options, ports) => {
        if (++openings < 4) throw new Error("no such folder")
        return handler.open(options, ports)
      },
    }
    const pipeline = await start({ handlers: [{ name: "a", handler: late, options: {} }] })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(delivered).toEqual(range(0, 5))
    expect(pipeline.stats().a?.failedAttempts).toBe(3)
  })
})

describe("isolation", () => {
  it("a handler that hangs, ignoring its abort, delays no other and is tried again", async () => {
    append(0, 300, 30)
    const hanging = recorder((_, index) => (index === 0 ? new Promise(() => {}) : undefined))
    const quick = recorder(takes)
    const pipeline = await start({
      handlers: [
        { name: "hangs", handler: hanging.handler, options: {}, deliveryTimeoutMs: 20 },
        { name: "quick", handler: quick.handler, options: {} },
      ],
    })
    expect(await pipeline.drain(15_000)).toBe(true)
    expect(quick.delivered).toEqual(range(0, 300))
    expect(hanging.delivered).toEqual(range(0, 300))
    expect(pipeline.stats().quick?.failedAttempts).toBe(0)
    expect(pipeline.stats().hangs?.failedAttempts).toBe(1)
    expect(pipeline.stats().hangs?.lastError).toContain("20 ms")
  })

  it("a handler that throws at once is the same as one that rejects", async () => {
    append(0, 3)
    const { handler, delivered } = recorder((_, index) => {
      if (index === 0) throw new TypeError("a bug")
      return undefined
    })
    const pipeline = await start({ handlers: [{ name: "a", handler, options: {} }] })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(delivered).toEqual([0, 1, 2])
  })
})

describe("dead letters", () => {
  const lettersOf = async (name: string) =>
    (await readFile(join(dir, "dead-letters", name), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { reason: string; time: number; event: { seq: number } })

  it("hold what the peer refused, with the reason", async () => {
    append(0, 10)
    const { handler } = recorder(async () => ({
      rejected: [
        { index: 3, reason: 'a "bad" event\n' },
        { index: 7, reason: "seq" },
        { index: 99, reason: "is not in the batch" },
      ],
    }))
    const pipeline = await start({ handlers: [{ name: "a/b", handler, options: {} }], now: () => 42 })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(await lettersOf("a%2Fb.ndjson")).toEqual([
      { time: 42, reason: 'a "bad" event\n', event: { seq: 3 } },
      { time: 42, reason: "seq", event: { seq: 7 } },
    ])
    expect(pipeline.stats()["a/b"]).toMatchObject({ delivered: 8, rejected: 2, lastDeliveredAt: 42 })
  })

  it("hold a whole batch that is refused for good, and the next one is delivered", async () => {
    append(0, 4, 2)
    const { handler, delivered } = recorder(async (_, index) => {
      if (index === 0) throw new PropolisError("DELIVERY_REFUSED", "no such index")
      return undefined
    })
    const pipeline = await start({ handlers: [{ name: "a", handler, options: {}, batch: { maxEvents: 2 } }] })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect((await lettersOf("a.ndjson")).map((letter) => letter.event.seq)).toEqual([0, 1])
    expect(delivered).toEqual([2, 3])
  })

  it("stay within their byte cap and count what was dropped", async () => {
    append(0, 500)
    const { handler } = recorder(async (attempt) => ({
      rejected: attempt.seqs.map((_, index) => ({ index, reason: "r".repeat(20) })),
    }))
    const pipeline = await start({
      handlers: [{ name: "a", handler, options: {}, batch: { maxEvents: 10 } }],
      deadLetterBytes: 4_000,
    })
    expect(await pipeline.drain(10_000)).toBe(true)
    const kept = [...(await lettersOf("a.ndjson.old")), ...(await lettersOf("a.ndjson"))]
    const { deadLettersDropped, rejected } = pipeline.stats().a!
    expect(rejected).toBe(500)
    expect(kept.length + deadLettersDropped).toBe(500)
    expect(kept.map((letter) => letter.event.seq)).toEqual(range(500 - kept.length, kept.length))
    expect(JSON.stringify(kept).length).toBeLessThan(5_000)
  })
})

describe("dead letters tried again", () => {
  const event = (seq: number) => ({ seq, text: '\\"}},"event":{"seq":-1}\u2028é' })
  const appendEvents = (count: number) => {
    for (let seq = 0; seq < count; seq++) journal.append(Buffer.from(`${JSON.stringify(event(seq))}\n`), 1)
  }
  /** Refuses what `refuses` says, with a reason that looks like an event. */
  const picky = (refuses: (seq: number) => boolean) =>
    recorder(async (attempt) => ({
      rejected: attempt.seqs.flatMap((seq, index) =>
        refuses(seq) ? [{ index, reason: ',"event":{"seq":-2}}' }] : [],
      ),
    }))

  it("are delivered in a running pipeline; what is refused again is kept again", async () => {
    appendEvents(100)
    let strict = true
    const { handler, delivered } = picky((seq) => (strict ? seq % 4 === 0 : seq === 40))
    const pipeline = await start({
      handlers: [{ name: "a", handler, options: {}, batch: { maxEvents: 10 } }],
    })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(pipeline.stats().a?.rejected).toBe(25)
    strict = false
    delivered.length = 0
    expect(await requestRetry(dir, "a")).toBe(25)
    await expect.poll(() => pipeline.stats().a?.rejected, { timeout: 10_000 }).toBe(26)
    await expect.poll(() => logs.join(), { timeout: 10_000 }).toContain("25 dead letters were tried again")
    expect(delivered).toEqual(range(0, 25).map((n) => n * 4))
    const letters = await readFile(join(dir, "dead-letters", "a.ndjson"), "utf8")
    expect(
      letters
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).event),
    ).toEqual([event(40)])
    expect(await retryIsRequested(dir, "a")).toBe(false)
  })

  it("wait for the next start, and survive a crash on the way", async () => {
    appendEvents(20)
    const first = picky(() => true)
    const pipeline = await start({ handlers: [{ name: "a", handler: first.handler, options: {} }] })
    expect(await pipeline.drain(10_000)).toBe(true)
    await pipeline.close()
    expect(await requestRetry(dir, "a")).toBe(20)
    expect(await requestRetry(dir, "nobody")).toBe(0)
    const hangs = recorder(
      (attempt) =>
        new Promise((_, reject) =>
          attempt.signal.addEventListener("abort", () => reject(attempt.signal.reason)),
        ),
    )
    const stuck = await start({ handlers: [{ name: "a", handler: hangs.handler, options: {} }] })
    await expect.poll(() => hangs.attempts.length).toBe(1)
    await stuck.close()
    const last = recorder(takes)
    const again = await start({ handlers: [{ name: "a", handler: last.handler, options: {} }] })
    append(20, 5)
    expect(await again.drain(10_000)).toBe(true)
    expect(last.delivered).toEqual(range(0, 25))
    await again.close()
    const none = recorder(takes)
    await start({ handlers: [{ name: "a", handler: none.handler, options: {} }] }).then((p) => p.drain(1_000))
    expect(none.delivered).toEqual([])
  })
})

describe("filters and secrets", () => {
  it("give a handler only what passes; what is left out is counted, not delivered, and not waited for", async () => {
    for (let n = 0; n < 30; n++) {
      const line = { seq: n, service: n % 3 === 0 ? "Telnet" : "HTTP", attributes: {} }
      journal.append(Buffer.from(`${JSON.stringify(line)}\n`), 1)
    }
    const filtered = recorder(takes)
    const whole = recorder(takes)
    const pipeline = await start({
      handlers: [
        { name: "a", handler: filtered.handler, options: {}, filter: { only: { services: ["Telnet"] } } },
        { name: "b", handler: whole.handler, options: {} },
      ],
    })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(filtered.delivered).toEqual(range(0, 10).map((n) => n * 3))
    expect(whole.delivered).toEqual(range(0, 30))
    expect(pipeline.stats().a).toMatchObject({ delivered: 10, skipped: 20, lag: 0 })
    expect(pipeline.stats().b).toMatchObject({ delivered: 30, skipped: 0, lag: 0 })
  })

  it("keep secrets out of lines, of what is told, and of dead letters", async () => {
    append(0, 2)
    const secret = "https://hooks.example/T0/hunter2"
    const { handler } = recorder(async (_, index) => {
      if (index === 0) throw new Error(`POST ${secret} failed`)
      throw new PropolisError("DELIVERY_REFUSED", "POST /T0/hunter2: gone")
    })
    const pipeline = await start({ handlers: [{ name: "a", handler, options: {}, secrets: [secret] }] })
    expect(await pipeline.drain(10_000)).toBe(true)
    const letters = await readFile(join(dir, "dead-letters", "a.ndjson"), "utf8")
    expect(letters).toContain("[secret]: gone")
    expect(logs.join()).toContain("POST [secret] failed")
    expect(JSON.stringify([logs, letters, pipeline.stats()])).not.toContain("hunter2")
  })
})

describe("hot reload", () => {
  it("adds and removes handlers while events flow; a place is kept unless forgotten", async () => {
    const pipeline = await start({})
    const first = recorder(takes)
    append(0, 10)
    await pipeline.add({ name: "a", handler: first.handler, options: {} })
    await expect(pipeline.add({ name: "a", handler: first.handler, options: {} })).rejects.toThrow("exists")
    expect(await pipeline.drain(10_000)).toBe(true)
    await pipeline.remove("a")
    expect(pipeline.stats()).toEqual({})
    append(10, 10)
    const second = recorder(takes)
    await pipeline.add({ name: "a", handler: second.handler, options: {} })
    expect(await pipeline.drain(10_000)).toBe(true)
    expect([first.delivered, second.delivered]).toEqual([range(0, 10), range(10, 10)])
    await pipeline.remove("a", { forget: true })
    const third = recorder(takes)
    await pipeline.add({ name: "a", handler: third.handler, options: {}, from: "end" })
    append(20, 1)
    expect(await pipeline.drain(10_000)).toBe(true)
    expect(third.delivered).toEqual([20])
  })
})

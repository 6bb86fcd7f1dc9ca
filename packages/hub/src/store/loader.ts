/**
 * From the hub's journal into the store, each event exactly once.
 *
 * Journal records are read at a durable cursor, parsed and de-duplicated in a worker, written as one spool file a day, and
 * recorded as a plan — all synced — before the first insert. Each file is one insert into one partition with a token made
 * from the journal's position, so that after a crash the plan is carried out again and changes nothing that it changed
 * before, in `events` or in any rollup. Only then the cursor is committed.
 */
import { mkdir, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import type { Cursor, Journal, Position } from "@propolis/journal"
import type { Store } from "./driver.ts"
import { type HighestId, maxSensors } from "./load/highest-ids.ts"
import type { FinishedBatch } from "./load/messages.ts"
import { type Plan, readPlan, removeSpoolFiles, writePlan } from "./load/plan.ts"
import { findStoredIds } from "./load/stored-ids.ts"
import { WorkerClient } from "./load/worker-client.ts"
import { eventColumns } from "./schema/events.ts"

export interface LoadedBatch {
  /** Rows that are stored now. */
  readonly rows: number
  readonly watermark: number
}

export interface LoaderOptions {
  readonly store: Store
  readonly journal: Journal
  readonly log: (message: string) => void
  /** Called when a batch is queryable. The events themselves are a query away: `eventsAfter`. */
  readonly onLoaded?: (batch: LoadedBatch) => void
  /** How old an event's own time may be to be believed. Default 90 days. */
  readonly retentionDays?: number
  /** Records that one batch takes at most. Default 60,000. */
  readonly maxBatchRecords?: number
  /** Journal bytes that one batch takes at most. Default 48 MiB. */
  readonly maxBatchBytes?: number
  /** How long a lone event waits for others. Default 200 ms. */
  readonly lingerMs?: number
}

export interface LoaderStats {
  /** Rows stored since the start. */
  readonly rows: number
  readonly batches: number
  /** Events seen before, dropped since the start. */
  readonly duplicates: number
  readonly damaged: number
  /** Inserts that failed and were tried again. */
  readonly retries: number
  /** Journal records that are not stored yet. */
  readonly lag: number
  readonly watermark: number
}

export interface Loader {
  /** The highest sequence such that everything up to it is queryable; it never falls. */
  watermark(): number
  /** Resolves when all that is in the journal now is queryable, or the loader stops. */
  settled(): Promise<void>
  stats(): LoaderStats
  /** Ends after the batch in hand; what is left is loaded after the next start. Idempotent. */
  stop(): Promise<void>
}

interface ReadBatch {
  readonly start: Position
  readonly end: Position
}

/** Bytes that are handed to the worker at once: about 1 ms to copy. */
const sliceBytes = 2 * 1024 * 1024

/** What one run of the loader stands on; made anew after a failure. */
interface Footing {
  readonly worker: WorkerClient
  readonly sequenceBase: number
  batch: number
}

/** Carries out what an earlier run had planned, then loads until closed. A failure is reported and everything tried again. */
export async function startLoader(options: LoaderOptions): Promise<Loader> {
  const { store, journal, log, retentionDays = 90, lingerMs = 200 } = options
  const { maxBatchRecords = 60_000, maxBatchBytes = 48 * 1024 * 1024 } = options
  const spoolDir = join(store.dir, "loader")
  await mkdir(spoolDir, { recursive: true, mode: 0o700 })
  const cursor = await journal.cursor("store", "oldest")
  const stopping = new AbortController()
  const counters = { rows: 0, batches: 0, duplicates: 0, damaged: 0, retries: 0 }
  const waiters = new Waiters()
  let watermark = 0
  /** Everything in the journal before this record is stored. */
  let storedTo = cursor.committed.record

  /** Repeats the batch that was in hand and finds where sequences go on. */
  async function begin(): Promise<Footing> {
    const left = await readPlan(spoolDir)
    // Files are on the disk before their plan is, and are removed when it is done: what is missing is stored.
    const files = new Set(await readdir(spoolDir))
    const inserts = left?.inserts.filter(({ name }) => files.has(name)) ?? []
    if (left !== undefined && inserts.length > 0) {
      log(`store: repeating the batch that was in hand: ${inserts.length} inserts`)
      await carryOut({ ...left, inserts })
    }
    cursor.rewind()
    const atHand = left !== undefined && left.end.record <= journal.end.record ? left.end : cursor.committed
    if (atHand.record > cursor.committed.record) {
      await cursor.commit(atHand)
      cursor.rewind()
    }
    const [newest] = await store.query<{ sequence: number }>("SELECT max(sequence) AS sequence FROM events")
    const highestSequence = Math.max(newest?.sequence ?? 0, left?.watermark ?? 0)
    let sequenceBase = left?.sequenceBase ?? 0
    if (cursor.committed.record + sequenceBase <= highestSequence) {
      // A journal that begins again (its folder was lost) must not give sequences a second time.
      sequenceBase = highestSequence - cursor.committed.record + 1
      log(`store: the journal began again; sequences go on at ${highestSequence + 1}`)
    }
    const batch = (left?.batch ?? 0) + 1
    const watermarkNow = cursor.committed.record + sequenceBase - 1
    await writePlan(spoolDir, {
      version: 1,
      batch,
      end: cursor.committed,
      sequenceBase,
      watermark: watermarkNow,
      columns: eventColumns,
      inserts: [],
    })
    await removeRowFiles(spoolDir)
    const highest = await store.query<HighestId>(
      `SELECT account, sensor, max(highest_id) AS id FROM sensors GROUP BY account, sensor ORDER BY id DESC LIMIT ${maxSensors}`,
    )
    storedTo = cursor.committed.record
    moveWatermark(watermarkNow)
    return { worker: new WorkerClient({ spoolDir, retentionDays, highest }), sequenceBase, batch: batch + 1 }
  }

  function moveWatermark(sequence: number): void {
    watermark = Math.max(watermark, sequence)
    store.settle(watermark)
  }

  async function carryOut(plan: Plan): Promise<void> {
    for (const { name, token } of plan.inserts) {
      const file = join(spoolDir, name)
      for (let attempt = 0; ; attempt++) {
        try {
          await store.insert({ table: "events", columns: plan.columns, file, token })
          break
        } catch (error) {
          counters.retries++
          log(`store: an insert failed, it is tried again: ${(error as Error).message}`)
          await delay(retryMs(attempt), undefined, { signal: stopping.signal })
        }
      }
    }
  }

  /** Reads what waits, up to one batch, into the worker. */
  async function readBatch({ worker, sequenceBase }: Footing): Promise<ReadBatch | undefined> {
    let start: Position | undefined
    let end: Position | undefined
    let bytes = 0
    let records = 0
    while (records < maxBatchRecords && bytes < maxBatchBytes && !stopping.signal.aborted) {
      const maxRecords = Math.min(8_192, maxBatchRecords - records)
      const slice = await cursor.read({ maxRecords, maxBytes: sliceBytes })
      if (slice === undefined) break
      start ??= slice.start
      end = slice.end
      bytes += slice.ndjson.length
      records += slice.count
      await worker.add(slice.ndjson, slice.start.record + sequenceBase)
    }
    return start === undefined || end === undefined ? undefined : { start, end }
  }

  /** Drops what the store has, and writes down what is to be inserted. */
  async function planBatch(
    footing: Footing,
    { start, end }: ReadBatch,
  ): Promise<{ plan: Plan; batch: FinishedBatch }> {
    const { worker, sequenceBase } = footing
    const candidates = await worker.candidates()
    const stored = candidates.length === 0 ? [] : await findStoredIds(store, candidates)
    const number = footing.batch++
    const batch = await worker.finish(stored, number)
    const token = `journal-${sequenceBase + start.record}-${sequenceBase + end.record}`
    const plan: Plan = {
      version: 1,
      batch: number,
      end,
      sequenceBase,
      watermark: end.record + sequenceBase - 1,
      columns: eventColumns,
      inserts: batch.files.map((file) => ({ ...file, token: `${token}-${file.day}` })),
    }
    await writePlan(spoolDir, plan)
    return { plan, batch }
  }

  async function settle(plan: Plan, batch: FinishedBatch): Promise<void> {
    await carryOut(plan)
    storedTo = plan.end.record
    moveWatermark(plan.watermark)
    counters.rows += batch.rows
    counters.batches++
    counters.duplicates += batch.duplicates
    counters.damaged += batch.damaged
    if (batch.damaged > 0) log(`store: ${batch.damaged} journal records were no events and were left out`)
    waiters.wake(plan.end.record)
    options.onLoaded?.({ rows: batch.rows, watermark })
    await cursor.commit(plan.end)
    await removeSpoolFiles(spoolDir, plan.inserts)
  }

  async function load(footing: Footing): Promise<void> {
    // While one batch is inserted the next one is read and parsed.
    let next: Promise<ReadBatch | undefined> = Promise.resolve(undefined)
    try {
      while (!stopping.signal.aborted) {
        const read = (await next) ?? (await readBatch(footing))
        next = Promise.resolve(undefined)
        if (read === undefined) {
          await cursor.wait(stopping.signal)
          if (cursor.lag() < 1_000) await linger(cursor, lingerMs, stopping.signal)
          continue
        }
        const { plan, batch } = await planBatch(footing, read)
        next = readBatch(footing)
        // Awaited at the next turn; until then a failure of it is not unhandled.
        next.catch(() => {})
        await settle(plan, batch)
      }
    } finally {
      await next.catch(() => {})
      await footing.worker.close()
    }
  }

  async function run(first: Footing): Promise<void> {
    let footing: Footing | undefined = first
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      try {
        footing ??= await begin()
        await load(footing)
      } catch (error) {
        if (stopping.signal.aborted) return
        footing = undefined
        counters.retries++
        log(`store: the loader failed, it begins again: ${(error as Error).stack}`)
        await delay(retryMs(attempt), undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  const running = run(await begin()).finally(() => waiters.wake(Number.MAX_SAFE_INTEGER))
  return {
    watermark: () => watermark,
    settled: () => waiters.until(journal.end.record, storedTo),
    stats: () => ({ ...counters, lag: journal.end.record - storedTo, watermark }),
    async stop() {
      stopping.abort()
      await running
    },
  }
}

function retryMs(attempt: number): number {
  return Math.min(30_000, 250 * 2 ** Math.min(attempt, 8))
}

/** Those who wait for the journal to be stored up to a record. */
class Waiters {
  #waiting: { readonly record: number; resolve(): void }[] = []
  #stored = 0

  until(record: number, committed: number): Promise<void> {
    if (record <= Math.max(this.#stored, committed)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ record, resolve }))
  }

  /** Everything before `record` is stored. */
  wake(record: number): void {
    this.#stored = Math.max(this.#stored, record)
    const ready = this.#waiting.filter((waiter) => waiter.record <= record)
    this.#waiting = this.#waiting.filter((waiter) => waiter.record > record)
    for (const { resolve } of ready) resolve()
  }
}

/** Waits for company for a lone event. */
async function linger(cursor: Cursor, lingerMs: number, signal: AbortSignal): Promise<void> {
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(), lingerMs)
  try {
    await cursor.wait(AbortSignal.any([signal, end.signal]), 1_000)
  } finally {
    clearTimeout(timer)
  }
}

/** Files that were stored, or that a crash left before they were planned. */
async function removeRowFiles(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (name.endsWith(".rows")) await rm(join(dir, name), { force: true })
  }
}

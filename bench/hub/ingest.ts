/** Ingest over HTTP into a real hub, against a bare server that appends bodies to a file. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startChild } from "./child.ts"
import type { HubReady } from "./hub-process.ts"
import { readMetrics } from "./metrics.ts"
import { type Batch, makeBatches, sendAll } from "./sender.ts"

export interface IngestReport {
  readonly events: number
  readonly batchSize: number
  /** Acknowledged, durable, events a second: median of the rounds. */
  readonly acknowledgedPerSecond: number
  /** Queryable: from the first batch sent to the last event stored. */
  readonly loadedPerSecond: number
  readonly yardstickPerSecond: number
  readonly ratio: number
  readonly loopMaxMs: number
  readonly residentBytes: number
}

const rounds = 3
const atOnce = 6

export async function measureIngest(events: number, batchSize: number): Promise<IngestReport> {
  const folder = mkdtempSync(join(tmpdir(), "propolis-bench-hub-"))
  try {
    const perRound = Math.ceil(events / rounds)
    const hub = await startChild<HubReady>("hub/hub-process.ts", [join(folder, "hub"), "0"])
    const bare = await startChild<{ url: string }>("yardstick/http-append.ts", [join(folder, "bare")])
    const acknowledged: number[] = []
    const loaded: number[] = []
    const yardstick: number[] = []
    let stored = 0
    let loopMaxMs = 0
    try {
      for (let round = 1; round <= rounds; round++) {
        const batches: Batch[] = [...makeBatches(round, perRound, batchSize)]
        yardstick.push(perRound / (await sendAll(bare.first, batches, atOnce)))
        await readMetrics(hub.first.url)
        const started = performance.now()
        acknowledged.push(perRound / (await sendAll(hub.first, batches, atOnce)))
        stored += perRound
        for (let rows = 0; rows < stored; ) {
          const reading = await readMetrics(hub.first.url)
          rows = reading.value("loader_rows")
          loopMaxMs = Math.max(loopMaxMs, reading.value("event_loop_delay_max_seconds") * 1000)
          if (rows < stored) await new Promise((resolve) => setTimeout(resolve, 50))
        }
        loaded.push(perRound / ((performance.now() - started) / 1000))
      }
      const residentBytes = (await readMetrics(hub.first.url)).value("resident_memory_bytes")
      return {
        events: perRound * rounds,
        batchSize,
        acknowledgedPerSecond: Math.round(median(acknowledged)),
        loadedPerSecond: Math.round(median(loaded)),
        yardstickPerSecond: Math.round(median(yardstick)),
        ratio: Math.round((median(acknowledged) / median(yardstick)) * 1000) / 1000,
        loopMaxMs: Math.round(loopMaxMs * 10) / 10,
        residentBytes,
      }
    } finally {
      await hub.stop()
      await bare.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

/** The worker thread of the loader: everything that costs CPU, and the spool files. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { parentPort, workerData } from "node:worker_threads"
import { BatchBuilder } from "./batch-builder.ts"
import { HighestIds } from "./highest-ids.ts"
import type { FinishedBatch, SpoolFile, WorkerAnswer, WorkerRequest, WorkerSettings } from "./messages.ts"

const settings = workerData as WorkerSettings
const { retentionDays } = settings
const builder = new BatchBuilder({ retentionDays, highest: new HighestIds(settings.highest) })

parentPort!.on("message", (request: WorkerRequest) => {
  let answer: WorkerAnswer
  try {
    answer = respond(request)
  } catch (error) {
    const { message, code = "" } = error as NodeJS.ErrnoException
    answer = { kind: "failed", message, code }
  }
  parentPort!.postMessage(answer)
})

function respond(request: WorkerRequest): WorkerAnswer {
  if (request.kind === "add") {
    builder.add(request.ndjson, request.firstSequence)
    return { kind: "added" }
  }
  if (request.kind === "candidates") return { kind: "candidates", candidates: builder.candidates() }
  return { kind: "finished", batch: finish(request.stored, request.batch) }
}

function finish(stored: readonly string[], number: number): FinishedBatch {
  const { days, ...rest } = builder.finish(new Set(stored))
  const files = days.map(({ day, rows, bytes }): SpoolFile => {
    const name = `${number}-${day}.rows`
    const file = openSync(join(settings.spoolDir, name), "w", 0o600)
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
    return { name, day, rows }
  })
  return { ...rest, files }
}

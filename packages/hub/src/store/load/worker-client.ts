/** The loader's side of its worker thread. */
import { Worker } from "node:worker_threads"
import { PropolisError } from "@propolis/core"
import type { Candidate } from "./batch-builder.ts"
import type { FinishedBatch, WorkerAnswer, WorkerRequest, WorkerSettings } from "./messages.ts"

export class WorkerClient {
  readonly #worker: Worker
  readonly #waiting: { resolve(answer: WorkerAnswer): void; reject(error: Error): void }[] = []
  #failure: Error | undefined

  constructor(settings: WorkerSettings) {
    this.#worker = new Worker(new URL("./batch-worker.ts", import.meta.url), {
      workerData: settings,
      execArgv: ["--disable-warning=ExperimentalWarning"],
    })
    this.#worker.on("message", (answer: WorkerAnswer) => this.#waiting.shift()?.resolve(answer))
    this.#worker.on("error", (error) => this.#fail(error as Error))
    this.#worker.on("exit", () => this.#fail(new Error("the loader's worker ended")))
  }

  /** Takes some records; the bytes are copied before it returns. */
  async add(ndjson: Uint8Array, firstSequence: number): Promise<void> {
    // Not slice(): a Buffer's is no copy.
    const copy = new Uint8Array(ndjson)
    await this.#ask({ kind: "add", ndjson: copy, firstSequence }, [copy.buffer])
  }

  async candidates(): Promise<readonly Candidate[]> {
    const answer = await this.#ask({ kind: "candidates" })
    return answer.kind === "candidates" ? answer.candidates : []
  }

  async finish(stored: readonly string[], batch: number): Promise<FinishedBatch> {
    const answer = await this.#ask({ kind: "finish", stored, batch })
    if (answer.kind !== "finished") throw new Error(`unexpected answer ${answer.kind}`)
    return answer.batch
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  async #ask(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<WorkerAnswer> {
    if (this.#failure !== undefined) throw this.#failure
    const answer = await new Promise<WorkerAnswer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage(request, transfer)
    })
    if (answer.kind === "failed") {
      throw new PropolisError(answer.code === "ENOSPC" ? "JOURNAL_FULL" : "STORE_FAILED", answer.message)
    }
    return answer
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

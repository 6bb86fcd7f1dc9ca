/** One client of the hub: sends its sensor's batches in order, and again where no acknowledgement came. */
import { Agent } from "node:http"
import { type Batch, makeBatches, sendBatch, type Target } from "../hub/sender.ts"

const batchSize = 500
/** More than any run sends. */
const manyEvents = 10_000_000

export class IngestLane {
  /** Ids of events whose batch the hub answered with 200. */
  readonly acknowledged: string[] = []
  readonly #batches: Generator<Batch, void, undefined>
  #pending: Batch | undefined

  constructor(seed: number) {
    this.#batches = makeBatches(seed, manyEvents, batchSize)
  }

  /** Sends batch after batch until the hub is gone; the last one stays pending. */
  async sendUntilRefused(target: Target): Promise<void> {
    const agent = new Agent({ keepAlive: true })
    try {
      for (;;) {
        this.#pending ??= this.#batches.next().value as Batch
        await this.#send(target, agent, this.#pending)
      }
    } catch {
      // The hub was killed: what is pending is sent to the next one.
    } finally {
      agent.destroy()
    }
  }

  /** Sends what is still pending. */
  async sendPending(target: Target): Promise<void> {
    const agent = new Agent()
    while (this.#pending !== undefined) await this.#send(target, agent, this.#pending)
    agent.destroy()
  }

  async #send(target: Target, agent: Agent, batch: Batch): Promise<void> {
    const status = await sendBatch(target, agent, batch.body)
    if (status === 503 || status === 429) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      return
    }
    if (status !== 200) throw new Error(`the hub answered ${status}`)
    for (const id of batch.ids) this.acknowledged.push(id)
    this.#pending = undefined
  }
}

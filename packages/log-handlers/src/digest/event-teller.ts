/** One message for every event, as HoneyPy did; also how a target is tried out. */
import {
  type Batch,
  type DeliveryReport,
  type LogHandlerPorts,
  type OpenLogHandler,
  PropolisError,
} from "@propolis/core"
import type { AlertTarget, Compose } from "./alert-target.ts"
import { Digest } from "./digest.ts"
import type { AlertOptions } from "./digest-options.ts"

export class EventTeller implements OpenLogHandler {
  readonly probe?: NonNullable<OpenLogHandler["probe"]>
  readonly #target: AlertTarget
  readonly #compose: Compose
  readonly #digest: Digest
  readonly #ports: LogHandlerPorts
  /** How far the batch has come: what was sent is not sent again when a later message fails. */
  #progress = { number: Number.NaN, events: 0, rejected: [] as { index: number; reason: string }[] }

  constructor(target: AlertTarget, options: AlertOptions, ports: LogHandlerPorts, compose: Compose) {
    this.#target = target
    if (target.probe !== undefined) this.probe = (signal) => target.probe!(signal)
    this.#compose = compose
    this.#ports = ports
    this.#digest = new Digest(options.digest, ports.now())
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<DeliveryReport> {
    signal.throwIfAborted()
    if (this.#progress.number !== batch.number) {
      this.#progress = { number: batch.number, events: 0, rejected: [] }
    }
    const { rejected } = this.#progress
    let answer: string | undefined
    for (const [index, event] of batch.events.entries()) {
      if (index < this.#progress.events) continue
      if (this.#ports.trial === true || this.#digest.tells(event)) {
        try {
          answer = await this.#target.send(this.#compose({ kind: "event", event }), signal)
        } catch (error) {
          if (!(error instanceof PropolisError) || error.retry) throw error
          rejected.push({ index, reason: error.message })
        }
      }
      this.#progress.events = index + 1
    }
    return { rejected, ...(answer === undefined ? {} : { answer }) }
  }

  close(): Promise<void> {
    return this.#target.close()
  }
}

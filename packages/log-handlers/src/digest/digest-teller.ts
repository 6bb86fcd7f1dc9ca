/**
 * Gathers events by source, and sends a message when a window ends.
 *
 * A batch is taken when its events are gathered and the state is on the disk, so that the journal's cursor may move on; a
 * message is forgotten when its target has it. Alerts are therefore at least once per window: a crash in between
 * repeats the last message, or counts the last batch twice, and drops none. While a target does not answer, batches
 * are not taken: the events wait in the journal, and the pipeline shows the handler as failing.
 */
import { type Batch, type LogHandlerPorts, type OpenLogHandler, PropolisError } from "@propolis/core"
import type { AlertTarget, Compose } from "./alert-target.ts"
import type { Alert, Digest } from "./digest.ts"
import type { DigestFile } from "./digest-file.ts"

const firstRetryMs = 5_000
const maxRetryMs = 300_000
/** `setTimeout` takes no more than 2³¹ - 1. */
const maxTimerMs = 86_400_000

export class DigestTeller implements OpenLogHandler {
  readonly probe?: NonNullable<OpenLogHandler["probe"]>
  readonly #target: AlertTarget
  readonly #digest: Digest
  readonly #file: DigestFile
  readonly #ports: LogHandlerPorts
  readonly #compose: Compose
  readonly #stop = new AbortController()
  #outbox: Alert[]
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #retryAt = 0
  /** One thing at a time: a delivery, or the timer's turn. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    target: AlertTarget,
    digest: Digest,
    file: DigestFile,
    outbox: readonly Alert[],
    ports: LogHandlerPorts,
    compose: Compose,
  ) {
    this.#target = target
    if (target.probe !== undefined) this.probe = (signal) => target.probe!(signal)
    this.#digest = digest
    this.#file = file
    this.#outbox = [...outbox]
    this.#ports = ports
    this.#compose = compose
    this.#schedule()
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<undefined> {
    signal.throwIfAborted()
    await this.#takeTurn(async () => {
      // First what is due: while nobody takes messages, events stay in the journal.
      await this.#sendDue(signal)
      signal.throwIfAborted()
      const now = this.#ports.now()
      for (const event of batch.events) this.#digest.add(event, now)
      await this.#save()
    }, signal)
    this.#schedule()
    return undefined
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error("the log handler closes"))
    clearTimeout(this.#timer)
    await this.#turn
    await this.#target.close()
  }

  /** Runs after whatever runs now; the caller's abort ends the waiting. */
  async #takeTurn(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const mine = this.#turn.then(() => {
      signal.throwIfAborted()
      return work()
    })
    this.#turn = mine.catch(() => {})
    await mine
  }

  async #sendDue(signal: AbortSignal): Promise<void> {
    if (this.#outbox.length === 0) {
      this.#outbox = this.#digest.take(this.#ports.now())
      if (this.#outbox.length === 0) return
      await this.#save()
    }
    while (this.#outbox.length > 0) {
      const alert = this.#outbox[0]!
      try {
        await this.#target.send(this.#compose(alert), signal)
      } catch (error) {
        if (!(error instanceof PropolisError) || error.retry) {
          this.#noteFailure(error)
          throw error
        }
        this.#ports.log(`a message was refused for good and is dropped: ${error.message}`)
      }
      this.#failures = 0
      this.#outbox.shift()
      await this.#save()
    }
  }

  #noteFailure(error: unknown): void {
    this.#failures++
    const asked = error instanceof PropolisError ? (error.retryAfterMs ?? 0) : 0
    const backoff = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(10, this.#failures - 1))
    this.#retryAt = this.#ports.now() + Math.max(asked, backoff)
  }

  async #save(): Promise<void> {
    await this.#file.write(this.#digest.state(this.#outbox))
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#stop.signal.aborted) return
    const now = this.#ports.now()
    const at = this.#outbox.length > 0 ? this.#retryAt : this.#digest.nextAt(now)
    if (at === undefined) return
    this.#timer = setTimeout(() => void this.#onTimer(), Math.min(maxTimerMs, Math.max(0, at - now)))
    this.#timer.unref()
  }

  async #onTimer(): Promise<void> {
    const { signal } = this.#stop
    try {
      await this.#takeTurn(() => this.#sendDue(signal), signal)
    } catch (error) {
      // Not sending but keeping the state failed.
      if (this.#retryAt <= this.#ports.now()) this.#noteFailure(error)
      if (!signal.aborted && (this.#failures & (this.#failures - 1)) === 0) {
        this.#ports.log(`a message could not be sent: ${(error as Error).message}`)
      }
    }
    this.#schedule()
  }
}

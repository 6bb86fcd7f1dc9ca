/**
 * A log handler over a message broker's client library: connects when there is something to deliver, sends a batch's
 * events in order, knows which ones the broker acknowledged, and lets go of a connection that failed in any way.
 */
import { setTimeout as delay } from "node:timers/promises"
import {
  type Batch,
  type DeliveryReport,
  escapeText,
  type OpenLogHandler,
  PropolisError,
  type SensorEvent,
} from "@propolis/core"

/** How long taking leave of a broker may last. */
const leaveMs = 1_000

export interface BrokerSession {
  /**
   * Sends the events in order and resolves when the broker has all of them; calls `acknowledge` with the position
   * of one that it has for good, where the broker tells that of single events. Rejects where the connection ends.
   */
  publish(events: readonly SensorEvent[], acknowledge: (position: number) => void): Promise<void>
  /** Gives the connection up at once. */
  destroy(): void
  /** Takes leave of the broker. */
  close(): Promise<void>
}

export interface BrokerDelivery {
  /** What the broker is called in messages; no credentials. */
  readonly peer: string
  /** For one delivery, connecting included. */
  readonly timeoutMs: number
  connect(): Promise<BrokerSession>
}

export function openBrokerDelivery(delivery: BrokerDelivery): OpenLogHandler {
  return new BrokerLogHandler(delivery)
}

class BrokerLogHandler implements OpenLogHandler {
  readonly #delivery: BrokerDelivery
  #session: BrokerSession | undefined
  #closed = false
  /** What the broker has of a batch is not sent again when the batch is tried again. */
  #batch = -1
  #pending: readonly SensorEvent[] = []

  constructor(delivery: BrokerDelivery) {
    this.#delivery = delivery
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<DeliveryReport> {
    signal.throwIfAborted()
    if (this.#batch !== batch.number) {
      this.#batch = batch.number
      this.#pending = batch.events
    }
    const events = this.#pending
    const taken = new Set<number>()
    try {
      const session = this.#session ?? (await this.#connect(signal))
      this.#session = session
      await this.#within(
        session.publish(events, (position) => taken.add(position)),
        signal,
      )
      this.#pending = []
      return {}
    } catch (cause) {
      this.#session?.destroy()
      this.#session = undefined
      this.#pending = events.filter((_, position) => !taken.has(position))
      signal.throwIfAborted()
      if (cause instanceof PropolisError) throw cause
      throw new PropolisError("DELIVERY_FAILED", `${this.#delivery.peer}: ${describe(cause)}`, { cause })
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const session = this.#session
    this.#session = undefined
    if (session === undefined) return
    const enough = new AbortController()
    const leave = session.close().catch(() => {})
    await Promise.race([leave, delay(leaveMs, undefined, { signal: enough.signal }).catch(() => {})])
    enough.abort()
    session.destroy()
  }

  async #connect(signal: AbortSignal): Promise<BrokerSession> {
    const connecting = this.#delivery.connect()
    try {
      const session = await this.#within(connecting, signal)
      if (this.#closed) throw new Error("closed meanwhile")
      return session
    } catch (error) {
      // Where it connects after all, nobody wants it any more.
      connecting.then(
        (late) => late.destroy(),
        () => {},
      )
      throw error
    }
  }

  async #within<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
    const { timeoutMs } = this.#delivery
    let timer: NodeJS.Timeout | undefined
    let onAbort = () => {}
    const stopped = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      onAbort = () => reject(signal.reason)
      signal.addEventListener("abort", onAbort, { once: true })
    })
    try {
      return await Promise.race([promise, stopped])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
    }
  }
}

function describe(cause: unknown): string {
  const { message, code } = cause as NodeJS.ErrnoException
  const text = typeof message === "string" && message !== "" ? message : String(code ?? cause)
  return escapeText(text.slice(0, 300))
}

/** A client library that only one log handler needs; it is an optional dependency. */
export async function importClient<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause
    throw new PropolisError("DELIVERY_FAILED", `needs the package ${name}: npm install ${name}`, { cause })
  }
}

/** A promise that rejects when a client's connection ends, for clients that leave their callers waiting then. */
export class ConnectionEnd {
  readonly #ended: Promise<never>
  #end: (error: Error) => void = () => {}

  constructor() {
    this.#ended = new Promise((_, reject) => {
      this.#end = reject
    })
    this.#ended.catch(() => {})
  }

  end(error: Error): void {
    this.#end(error)
  }

  orEnd<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([promise, this.#ended])
  }
}

/** Tries a configured log handler without a pipeline: one sample event, or only the question whether its peer is there. */

import { createHash, randomBytes } from "node:crypto"
import { connect } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import {
  type Batch,
  bytesFromText,
  createRedactor,
  createUuidV7,
  encodeEvent,
  hexFromBytes,
  type OpenLogHandler,
  type SensorEvent,
} from "@propolis/core"
import type { ConfiguredHandler } from "../config/config.ts"
import { type Endpoint, endpointsOf } from "./endpoints.ts"

export interface HandlerAnswer {
  readonly name: string
  /** Which log handler. */
  readonly handler: string
  readonly ok: boolean
  readonly ms: number
  /** What the peer said, or why there was no answer; never a secret. */
  readonly said: string
}

export interface TryOptions {
  /** The sensor's data folder: where handlers find key files and keep theirs. */
  readonly dataDir: string
  /** The sensor's id. */
  readonly sensor: string
  /** Default 15,000. */
  readonly timeoutMs?: number
}

/** Delivers one sample event, past filter and digest. Never rejects. */
export function tryHandler(entry: ConfiguredHandler, options: TryOptions): Promise<HandlerAnswer> {
  return withHandler(entry, options, async (open, signal) => {
    const report = await open.deliver(sampleBatch(options.sensor), signal)
    const [refused] = report?.rejected ?? []
    if (refused !== undefined) throw new Error(`the sample event is refused: ${refused.reason}`)
    return report?.answer ?? "took the sample event"
  })
}

/** Asks the peer without delivering anything: the handler's own question, else whether its address takes connections. */
export function askHandler(entry: ConfiguredHandler, options: TryOptions): Promise<HandlerAnswer> {
  return withHandler(entry, options, async (open, signal) => {
    if (open.probe !== undefined) return open.probe(signal)
    const endpoints = endpointsOf(entry.options)
    for (const endpoint of endpoints) await connectTo(endpoint, signal)
    if (endpoints.length === 0) return "opens"
    return `${endpoints.map(({ host, port }) => `${host}:${port}`).join(", ")} takes connections`
  })
}

async function withHandler(
  entry: ConfiguredHandler,
  options: TryOptions,
  run: (open: OpenLogHandler, signal: AbortSignal) => Promise<string>,
): Promise<HandlerAnswer> {
  const { timeoutMs = 15_000 } = options
  const redact = createRedactor(entry.secrets)
  const started = performance.now()
  const abort = new AbortController()
  const tooLate = new Error(`no answer within ${timeoutMs} ms`)
  const timer = setTimeout(() => abort.abort(tooLate), timeoutMs)
  const late = new Promise<never>((_, reject) => {
    abort.signal.addEventListener("abort", () => reject(tooLate), { once: true })
  })
  const lines: string[] = []
  let open: OpenLogHandler | undefined
  const outcome = async () => {
    open = await entry.handler.open(entry.options, {
      now: Date.now,
      log: (line) => lines.push(line),
      sensor: options.sensor,
      dataDir: options.dataDir,
      name: entry.name,
      trial: true,
    })
    return run(open, abort.signal)
  }
  let ok = true
  let said: string
  try {
    said = await Promise.race([outcome(), late])
  } catch (error) {
    ok = false
    const cause = (error as Error).cause
    const because =
      cause instanceof Error && !String(error).includes(cause.message) ? ` (${cause.message})` : ""
    said = [`${(error as Error).message}${because}`, ...lines].join("; ")
  } finally {
    clearTimeout(timer)
  }
  const ms = Math.round(performance.now() - started)
  // One that does not close is left behind: the answer is known.
  const closing = open as OpenLogHandler | undefined
  await Promise.race([closing?.close().catch(() => {}), delay(1_000, undefined, { ref: false })])
  return { name: entry.name, handler: entry.handler.name, ok, ms, said: redact(said) }
}

async function connectTo({ host, port }: Endpoint, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, signal })
    socket.once("connect", () => {
      socket.destroy()
      resolve()
    })
    socket.once("error", (cause) => reject(new Error(`${host}:${port}: ${cause.message}`, { cause })))
  })
}

/** An event that nobody takes for an attack: from an address of the documentation (RFC 5737), and it says what it is. */
export function sampleEvent(sensor: string): SensorEvent {
  const now = Date.now()
  const nextId = createUuidV7({ now: () => now, random: (count) => randomBytes(count) })
  const data = bytesFromText("Sample event of Propolis: the log handler is being tried.")
  return {
    id: nextId(),
    time: now,
    sensor,
    session: nextId(),
    seq: 0,
    protocol: "TCP",
    event: "RX",
    service: "Sample",
    emulator: "sample",
    localHost: "127.0.0.1",
    localPort: 7,
    remoteHost: "192.0.2.1",
    remotePort: 7,
    bytes: data.length,
    data,
    sha256: hexFromBytes(createHash("sha256").update(data).digest()),
    attributes: {},
  }
}

function sampleBatch(sensor: string): Batch {
  const event = sampleEvent(sensor)
  return { number: 1, count: 1, events: [event], ndjson: bytesFromText(`${encodeEvent(event)}\n`) }
}

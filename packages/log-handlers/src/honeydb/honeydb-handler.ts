/**
 * Events to HoneyDB, by the hand-shake of HoneyPy's logger: `GET hmac` with id and key, then one JSON event a POST
 * to one of the collectors that it named, with the two hmac fields as the only credential.
 */
import { createHash } from "node:crypto"
import {
  type Batch,
  type DeliveryReport,
  defineLogHandler,
  type EventKind,
  escapeText,
  type LogHandlerPorts,
  type OpenLogHandler,
  PropolisError,
  type SensorEvent,
} from "@propolis/core"
import { z } from "zod"
import { honeypyRecord } from "../formats/honeypy-record.ts"
import { answeredWith, checkAnswer, jsonOf } from "../http/check-answer.ts"
import type { HttpAnswer, HttpClient } from "../http/http-client.ts"
import { openHttpClient, urlBelow } from "../http/http-options.ts"
import { type HoneydbOptions, honeydbOptionsSchema } from "./honeydb-options.ts"

export type { HoneydbOptions } from "./honeydb-options.ts"

/** How often an event is tried that a collector, alive, does not want; HoneyPy's number. */
const maxTries = 3

const hmacSchema = z.object({
  status: z.literal("Success"),
  hmac_hash: z.string().min(1).max(4_096),
  hmac_message: z.string().min(1).max(4_096),
  collectors: z
    .array(z.url({ protocol: /^https?$/ }).max(2_048))
    .min(1)
    .max(1_000),
})
const statusSchema = z.object({ status: z.string().max(4_096) })

export const honeydbLogHandler = defineLogHandler<HoneydbOptions>({
  name: "honeydb",
  title: "HoneyDB (HoneyPy's hand-shake)",
  options: honeydbOptionsSchema,
  batch: { maxEvents: 100, maxBytes: 8 * 1024 * 1024, maxWaitMs: 500 },
  async open(options, ports) {
    const timeoutMs = Math.min(options.timeoutMs, 3_000)
    const hub = await openHttpClient("HoneyDB", { ...options, timeoutMs }, ports)
    const collectors = await openHttpClient("HoneyDB's collector", options, ports)
    return new HoneydbSender(hub, collectors, options, ports)
  },
})

class HoneydbSender implements OpenLogHandler {
  readonly #hub: HttpClient
  readonly #collectors: HttpClient
  readonly #options: HoneydbOptions
  readonly #kinds: ReadonlySet<EventKind>
  readonly #node: string
  /** Kept until a collector no longer takes it. */
  #hmac: z.infer<typeof hmacSchema> | undefined
  /** How far the batch has come: what a collector took is not sent again. */
  #progress = { number: -1, events: 0, refusals: 0, rejected: [] as { index: number; reason: string }[] }

  constructor(hub: HttpClient, collectors: HttpClient, options: HoneydbOptions, ports: LogHandlerPorts) {
    this.#hub = hub
    this.#collectors = collectors
    this.#options = options
    this.#kinds = new Set(options.events)
    this.#node = options.node ?? nodeOf(ports.sensor)
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<DeliveryReport> {
    signal.throwIfAborted()
    if (this.#progress.number !== batch.number) {
      this.#progress = { number: batch.number, events: 0, refusals: 0, rejected: [] }
    }
    const progress = this.#progress
    for (; progress.events < batch.count; progress.events++, progress.refusals = 0) {
      const event = batch.events[progress.events]!
      if (!this.#kinds.has(event.event)) continue
      const reason = await this.#send(event, signal)
      if (reason !== undefined) progress.rejected.push({ index: progress.events, reason })
    }
    return { rejected: progress.rejected }
  }

  async close(): Promise<void> {
    this.#hub.close()
    this.#collectors.close()
  }

  /** `undefined` where a collector has it, the reason where it is refused for good. */
  async #send(event: SensorEvent, signal: AbortSignal): Promise<string | undefined> {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted()
      const answer = await this.#post(event, signal)
      if (answer.status === 413) return "too large for HoneyDB"
      const parsed = statusSchema.safeParse(jsonOf(answer))
      // The code is of no account to HoneyPy; here it tells trouble of the server from a refusal.
      if (answer.status === 429 || answer.status >= 500 || !parsed.success) throw this.#trouble(answer)
      const { status } = parsed.data
      if (status === "Success") return undefined
      if (status === "Invalid HMAC") {
        this.#hmac = undefined
        if (tries < maxTries) continue
      } else if (++this.#progress.refusals >= maxTries) {
        return `refused ${maxTries} times: ${escapeText(status.slice(0, 200))}`
      }
      throw this.#trouble(answer)
    }
  }

  async #post(event: SensorEvent, signal: AbortSignal): Promise<HttpAnswer> {
    this.#hmac ??= await this.#fetchHmac(signal)
    const { hmac_hash, hmac_message, collectors } = this.#hmac
    const { date, time, date_time, millisecond, ...rest } = honeypyRecord(event)
    const local_host = this.#options.localHost ?? rest.local_host
    const body = {
      date,
      time,
      date_time,
      millisecond,
      hmac_hash,
      hmac_message,
      ...rest,
      local_host,
      node: this.#node,
    }
    const url = collectors[Math.floor(Math.random() * collectors.length)]!
    const headers = { "content-type": "application/json", "user-agent": this.#options.userAgent }
    return this.#collectors.request({ url, headers, body: JSON.stringify(body) }, signal)
  }

  async #fetchHmac(signal: AbortSignal): Promise<z.infer<typeof hmacSchema>> {
    const { url, apiId, apiKey, userAgent } = this.#options
    const headers = { "x-honeydb-apiid": apiId, "x-honeydb-apikey": apiKey, "user-agent": userAgent }
    const answer = await this.#hub.request({ url: urlBelow(url, "hmac"), method: "GET", headers }, signal)
    checkAnswer(answer, this.#hub.peer)
    const parsed = hmacSchema.safeParse(jsonOf(answer))
    if (!parsed.success) {
      // Not the whole answer: it may hold a credential.
      const status = statusSchema.safeParse(jsonOf(answer)).data?.status ?? "no JSON"
      const shown = escapeText(status.slice(0, 200))
      throw new PropolisError("DELIVERY_FAILED", `HoneyDB gives no usable hmac: ${shown}`)
    }
    // Whoever asked over TLS does not want the credential to leave without it.
    const secure = url.startsWith("https:")
    if (secure && parsed.data.collectors.some((collector) => !collector.startsWith("https:"))) {
      throw new PropolisError("DELIVERY_FAILED", "HoneyDB names a collector without TLS")
    }
    return parsed.data
  }

  #trouble(answer: HttpAnswer): PropolisError {
    try {
      checkAnswer(answer, this.#collectors.peer)
    } catch (error) {
      return error as PropolisError
    }
    return answeredWith(answer, this.#collectors.peer)
  }
}

/** Locally administered, so that it is no real machine's. */
function nodeOf(sensor: string): string {
  const bytes = createHash("sha256").update(`propolis node ${sensor}`).digest().subarray(0, 6)
  bytes[0] = (bytes[0]! & 0xfc) | 0x02
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":")
}

/** Events to a hub: `POST /api/v2/events`, NDJSON, compressed, at least once; the hub drops what it has by id. */
import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import {
  type Batch,
  type DeliveryReport,
  defineLogHandler,
  escapeText,
  type LogHandlerPorts,
  type OpenLogHandler,
  PropolisError,
} from "@propolis/core"
import { z } from "zod"
import { type Coding, compress, type HubAnswer, postToHub } from "./hub-exchange.ts"
import { type HubOptions, hubOptionsSchema } from "./hub-options.ts"

export type { HubOptions } from "./hub-options.ts"

/** A refused key is a matter for a person: it is tried slowly, and events wait in the journal meanwhile. */
const refusedKeyRetryMs = 60_000

const nextCoding: Readonly<Record<Coding, Coding | undefined>> = {
  zstd: "gzip",
  gzip: "none",
  none: undefined,
}

const successSchema = z.object({
  status: z.literal("Success"),
  accepted: z.int().min(0),
  rejected: z.array(z.object({ line: z.int().min(1), reason: z.string().max(4_096) })),
})

export const hubLogHandler = defineLogHandler<HubOptions>({
  name: "hub",
  title: "Hub (Propolis)",
  options: hubOptionsSchema,
  batch: { maxEvents: 5_000, maxBytes: 8 * 1024 * 1024, maxWaitMs: 300 },
  async open(options, ports) {
    const sender = new HubSender(options, ports)
    await sender.readKey()
    return sender
  },
})

/** How far a batch has come: a part of it that the hub took is not sent again when a later part fails. */
interface Progress {
  readonly number: number
  lines: number
  offset: number
  readonly rejected: { index: number; reason: string }[]
}

class HubSender implements OpenLogHandler {
  readonly #options: HubOptions
  readonly #ports: LogHandlerPorts
  readonly #url: string
  #key = ""
  #coding: Coding
  /** Lines that one request carries at most: halved when the hub says that it is too large, rising slowly afterwards. */
  #maxLines = Number.POSITIVE_INFINITY
  #progress: Progress | undefined

  constructor(options: HubOptions, ports: LogHandlerPorts) {
    this.#options = options
    this.#ports = ports
    this.#url = `${options.url.replace(/\/+$/, "")}/api/v2/events`
    this.#coding = options.compression
  }

  /** @throws PropolisError CONFIG_UNREADABLE */
  async readKey(): Promise<void> {
    const { apiKey, apiKeyFile } = this.#options
    if (apiKeyFile === undefined) {
      this.#key = apiKey ?? ""
      return
    }
    try {
      this.#key = (await readFile(resolve(this.#ports.dataDir, apiKeyFile), "utf8")).trim()
    } catch (cause) {
      throw new PropolisError("CONFIG_UNREADABLE", `the sensor key: ${(cause as Error).message}`, { cause })
    }
    if (!/^[\x21-\x7e]{1,200}$/.test(this.#key)) {
      throw new PropolisError("CONFIG_UNREADABLE", `the sensor key: ${apiKeyFile} holds no key`)
    }
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<DeliveryReport> {
    if (this.#progress?.number !== batch.number) {
      this.#progress = { number: batch.number, lines: 0, offset: 0, rejected: [] }
    }
    const progress = this.#progress
    while (progress.offset < batch.ndjson.length) {
      signal.throwIfAborted()
      const part = takeLines(batch.ndjson, progress.offset, this.#maxLines)
      const answer = await this.#send(part.bytes, signal)
      if (answer.status === 413) this.#shrink(part.lines, part.bytes.length, progress)
      else if (answer.status === 415) this.#changeCoding()
      else {
        this.#take(answer, part.lines, progress)
        advance(progress, part.lines, part.bytes.length)
        this.#maxLines += Math.ceil(this.#maxLines / 16)
      }
    }
    return { rejected: progress.rejected }
  }

  async close(): Promise<void> {}

  async #send(bytes: Uint8Array, signal: AbortSignal): Promise<HubAnswer> {
    const coding = this.#coding
    const body = await compress(bytes, coding)
    const { apiId, timeoutMs } = this.#options
    const request = { url: this.#url, apiId, apiKey: this.#key, coding, body, timeoutMs }
    const answer = await postToHub(request, signal, this.#ports.now)
    if (answer.status === 401 || answer.status === 403) await this.#refused(answer.status)
    return answer
  }

  async #refused(status: number): Promise<never> {
    // The file may hold a new key by now.
    await this.readKey().catch((error: Error) => this.#ports.log(error.message))
    throw new PropolisError(
      "DELIVERY_FAILED",
      `${this.#url} refuses the API id and sensor key (${status}); correct them, the events are kept`,
      { retryAfterMs: refusedKeyRetryMs },
    )
  }

  /** @throws PropolisError DELIVERY_FAILED for every answer but a whole success. */
  #take(answer: HubAnswer, lines: number, progress: Progress): void {
    const parsed = answer.status === 200 ? successSchema.safeParse(parseJson(answer.text)) : undefined
    if (parsed?.success !== true) {
      const shown = escapeText(answer.text.slice(0, 200))
      throw new PropolisError("DELIVERY_FAILED", `${this.#url} answered ${answer.status}: ${shown}`, {
        ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
      })
    }
    for (const { line, reason } of parsed.data.rejected) {
      if (line <= lines) progress.rejected.push({ index: progress.lines + line - 1, reason })
    }
  }

  #shrink(lines: number, bytes: number, progress: Progress): void {
    if (lines > 1) {
      this.#maxLines = Math.floor(lines / 2)
      return
    }
    progress.rejected.push({ index: progress.lines, reason: `too large for the hub: ${bytes} bytes` })
    advance(progress, 1, bytes)
  }

  #changeCoding(): void {
    const next = nextCoding[this.#coding]
    if (next === undefined) {
      throw new PropolisError("DELIVERY_FAILED", `${this.#url} answered 415 to plain NDJSON: is it a hub?`)
    }
    this.#ports.log(`the hub does not take ${this.#coding}, going on with ${next}`)
    this.#coding = next
  }
}

function advance(progress: Progress, lines: number, bytes: number): void {
  progress.lines += lines
  progress.offset += bytes
}

function takeLines(ndjson: Uint8Array, from: number, maxLines: number): { lines: number; bytes: Uint8Array } {
  let end = from
  let lines = 0
  while (lines < maxLines && end < ndjson.length) {
    end = ndjson.indexOf(0x0a, end) + 1
    lines++
  }
  return { lines, bytes: ndjson.subarray(from, end) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Events to a hub: `POST /api/v2/events`, NDJSON, compressed, at least once; the hub drops what it has by id. */
import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import { defineLogHandler, type LogHandlerPorts, PropolisError } from "@propolis/core"
import { z } from "zod"
import { answeredWith, jsonOf } from "../http/check-answer.ts"
import { type Coding, codingHeader, compress } from "../http/compress.ts"
import type { HttpAnswer, HttpClient, HttpRequest } from "../http/http-client.ts"
import { type HttpDelivery, openHttpDelivery, type Part, type Rejection } from "../http/http-delivery.ts"
import { openHttpClient, urlBelow } from "../http/http-options.ts"
import { type HubOptions, hubOptionsSchema } from "./hub-options.ts"

export type { HubOptions } from "./hub-options.ts"

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

/** The hub's answer names at most the faults of one batch. */
const maxAnswerBytes = 16 * 1024 * 1024

export const hubLogHandler = defineLogHandler<HubOptions>({
  name: "hub",
  title: "Hub (Propolis)",
  options: hubOptionsSchema,
  batch: { maxEvents: 5_000, maxBytes: 8 * 1024 * 1024, maxWaitMs: 300 },
  async open(options, ports) {
    const url = urlBelow(options.url, "api/v2/events")
    const client = await openHttpClient(url, options, ports, {
      maxAnswerBytes,
      unreachable: "HUB_UNREACHABLE",
    })
    const hub = new HubDelivery(url, client, options, ports)
    await hub.readKey()
    return openHttpDelivery(hub)
  },
})

class HubDelivery implements HttpDelivery {
  readonly client: HttpClient
  readonly #url: string
  readonly #options: HubOptions
  readonly #ports: LogHandlerPorts
  #key = ""
  #coding: Coding

  constructor(url: string, client: HttpClient, options: HubOptions, ports: LogHandlerPorts) {
    this.client = client
    this.#url = url
    this.#options = options
    this.#ports = ports
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

  async request(part: Part): Promise<HttpRequest> {
    const coding = this.#coding
    const headers = {
      "content-type": "application/x-ndjson",
      "x-honeydb-apiid": this.#options.apiId,
      "x-honeydb-apikey": this.#key,
      ...codingHeader(coding),
    }
    return { url: this.#url, headers, body: await compress(part.ndjson, coding) }
  }

  async recover(answer: HttpAnswer): Promise<boolean> {
    if (answer.status === 401 || answer.status === 403) {
      // The file may hold a new key by now; the next attempt takes it.
      await this.readKey().catch((error: Error) => this.#ports.log(error.message))
    }
    if (answer.status !== 415) return false
    const next = nextCoding[this.#coding]
    if (next === undefined) {
      throw new PropolisError("DELIVERY_FAILED", `${this.#url} answered 415 to plain NDJSON: is it a hub?`)
    }
    this.#ports.log(`the hub does not take ${this.#coding}, going on with ${next}`)
    this.#coding = next
    return true
  }

  /** @throws PropolisError DELIVERY_FAILED for every answer but a whole success. */
  read(answer: HttpAnswer, part: Part): Rejection[] {
    const parsed = answer.status === 200 ? successSchema.safeParse(jsonOf(answer)) : undefined
    if (parsed?.success !== true) throw answeredWith(answer, this.client.peer)
    return parsed.data.rejected
      .filter(({ line }) => line <= part.count)
      .map(({ line, reason }) => ({ index: line - 1, reason }))
  }
}

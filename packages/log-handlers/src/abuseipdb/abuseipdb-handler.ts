/** Sources reported to AbuseIPDB (API v2, `/report`): each once per window, within the account's daily limit. */
import { createHash } from "node:crypto"
import { join } from "node:path"
import {
  type Batch,
  defineLogHandler,
  escapeText,
  type LogHandlerPorts,
  type OpenLogHandler,
  type SensorEvent,
} from "@propolis/core"
import { z } from "zod"
import { checkAnswer, jsonOf } from "../http/check-answer.ts"
import type { HttpAnswer, HttpClient } from "../http/http-client.ts"
import { httpOptions, openHttpClient, urlBelow, urlOption } from "../http/http-options.ts"
import { ReportLedger } from "../reporters/report-ledger.ts"
import { createReportable, neverOption } from "../reporters/reportable.ts"
import { secretOption } from "../secret-option.ts"
import { type AbuseReport, categoriesOf, commentOf, summarize } from "./abuse-report.ts"

/** A wait that is longer means that the day's limit is reached: what happens meanwhile is not reported later. */
const maxWaitMs = 600_000

const options = z.strictObject({
  url: urlOption().default("https://api.abuseipdb.com/api/v2").describe("Base address of the API."),
  apiKey: secretOption().describe("API key of the account."),
  windowMs: z
    .int()
    .min(900_000, "expected at least 15 minutes, AbuseIPDB's own limit")
    .max(30 * 86_400_000)
    .default(86_400_000)
    .describe("A source is reported once in so long, in milliseconds."),
  maxPerDay: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(900)
    .describe("Reports a day, UTC. AbuseIPDB's free plan allows 1000; further sources are not reported."),
  never: neverOption,
  ...httpOptions,
})
export type AbuseipdbOptions = z.infer<typeof options>

const errorsSchema = z.object({ errors: z.array(z.object({ detail: z.string() })).min(1) })

export const abuseipdbLogHandler = defineLogHandler<AbuseipdbOptions>({
  name: "abuseipdb",
  title: "AbuseIPDB (reporter)",
  options,
  // A minute of events makes a report that says more than `one connection`.
  batch: { maxEvents: 10_000, maxBytes: 8 * 1024 * 1024, maxWaitMs: 60_000 },
  async open(options, ports) {
    const account = createHash("sha256").update(options.apiKey).digest("hex").slice(0, 8)
    const ledger = await ReportLedger.open({
      path: join(ports.dataDir, `abuseipdb-${account}.json`),
      windowMs: options.windowMs,
      maxPerDay: options.maxPerDay,
      now: ports.now,
    })
    const client = await openHttpClient("AbuseIPDB", options, ports)
    return new AbuseipdbReporter(client, ledger, options, ports)
  },
})

class AbuseipdbReporter implements OpenLogHandler {
  readonly #client: HttpClient
  readonly #ledger: ReportLedger
  readonly #options: AbuseipdbOptions
  readonly #ports: LogHandlerPorts
  readonly #isReportable: (event: SensorEvent) => boolean
  #closedUntil = 0
  #toldFull = false

  constructor(client: HttpClient, ledger: ReportLedger, options: AbuseipdbOptions, ports: LogHandlerPorts) {
    this.#client = client
    this.#ledger = ledger
    this.#options = options
    this.#ports = ports
    this.#isReportable = createReportable({ never: options.never, now: ports.now })
  }

  /** A source that was reported is not reported again when the batch is tried again. */
  async deliver(batch: Batch, signal: AbortSignal): Promise<undefined> {
    signal.throwIfAborted()
    try {
      for (const report of summarize(batch.events.filter(this.#isReportable))) {
        if (this.#ports.now() < this.#closedUntil) return
        const state = this.#ledger.state(report.source)
        if (state === "full") return this.#tellFull()
        this.#toldFull = false
        if (state === "new") await this.#report(report, signal)
      }
    } finally {
      await this.#ledger.save()
    }
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  async #report(report: AbuseReport, signal: AbortSignal): Promise<void> {
    const form = new URLSearchParams({
      ip: report.source,
      categories: categoriesOf(report).join(","),
      comment: commentOf(report),
      timestamp: new Date(report.time).toISOString(),
    })
    const headers = { key: this.#options.apiKey, "content-type": "application/x-www-form-urlencoded" }
    const url = urlBelow(this.#options.url, "report")
    const answer = await this.#client.request({ url, headers, body: form.toString() }, signal)
    const detail = errorsSchema.safeParse(jsonOf(answer)).data?.errors[0]?.detail
    if (answer.status === 422 || detail?.includes("once in 15 minutes") === true) {
      this.#ports.log(`AbuseIPDB does not take ${report.source}: ${escapeText((detail ?? "").slice(0, 200))}`)
    } else if (this.#isFull(answer)) return
    else checkAnswer(answer, this.#client.peer)
    this.#ledger.note(report.source)
  }

  #isFull(answer: HttpAnswer): boolean {
    if (answer.status !== 429 || (answer.retryAfterMs ?? 0) <= maxWaitMs) return false
    this.#closedUntil = this.#ports.now() + (answer.retryAfterMs ?? 0)
    const until = new Date(this.#closedUntil).toISOString()
    this.#ports.log(`AbuseIPDB's daily limit is reached; nothing is reported until ${until}`)
    return true
  }

  #tellFull(): undefined {
    if (!this.#toldFull) {
      this.#ports.log(
        `${this.#options.maxPerDay} sources were reported today; no more are until tomorrow, UTC`,
      )
    }
    this.#toldFull = true
  }
}

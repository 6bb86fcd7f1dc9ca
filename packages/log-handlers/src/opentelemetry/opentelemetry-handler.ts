/** Events as OpenTelemetry logs: OTLP over HTTP with JSON (`POST /v1/logs`). */
import { defineLogHandler, escapeText, PropolisError } from "@propolis/core"
import { z } from "zod"
import { jsonOf } from "../http/check-answer.ts"
import { codingHeader, compress } from "../http/compress.ts"
import { openHttpDelivery } from "../http/http-delivery.ts"
import { httpOptions, openHttpClient, urlBelow, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"
import { otlpLogs } from "./otlp-logs.ts"

const headerName = z.string().regex(/^[0-9A-Za-z-]{1,100}$/, "expected the name of a header")

const options = z.strictObject({
  url: urlOption()
    .default("http://127.0.0.1:4318")
    .describe("Address of the collector; events go to /v1/logs below it."),
  headers: z
    .record(headerName, secretOption(4_096))
    .default({})
    .meta({ secret: true })
    .describe("Headers of every request, for example the authorization that a provider asks for."),
  compress: z.boolean().default(true).describe("Compress requests with gzip."),
  ...httpOptions,
})
export type OpentelemetryOptions = z.infer<typeof options>

const answerSchema = z.object({
  partialSuccess: z
    .object({ rejectedLogRecords: z.coerce.number().default(0), errorMessage: z.string().default("") })
    .optional(),
})

export const opentelemetryLogHandler = defineLogHandler<OpentelemetryOptions>({
  name: "opentelemetry",
  title: "OpenTelemetry (OTLP logs over HTTP)",
  options,
  batch: { maxEvents: 2_000, maxBytes: 2 * 1024 * 1024, maxWaitMs: 1_000 },
  async open(options, ports) {
    const client = await openHttpClient("the OTLP collector", options, ports)
    const coding = options.compress ? "gzip" : "none"
    const url = urlBelow(options.url, "v1/logs")
    const headers = { ...options.headers, "content-type": "application/json", ...codingHeader(coding) }
    return openHttpDelivery({
      client,
      async request(part) {
        const body = JSON.stringify(otlpLogs(part.events, ports.sensor, ports.now()))
        return { url, headers, body: await compress(Buffer.from(body), coding) }
      },
      read(answer) {
        // OTLP §partial success: not to be sent again, and it is not said which records they were.
        const partial = answerSchema.safeParse(jsonOf(answer)).data?.partialSuccess
        if (partial !== undefined && partial.rejectedLogRecords > 0) {
          const reason = escapeText(partial.errorMessage.slice(0, 200))
          ports.log(`the OTLP collector refused ${partial.rejectedLogRecords} records: ${reason}`)
        }
        return []
      },
      recover(answer) {
        // OTLP §failures: bad data must not be sent again.
        if (answer.status !== 400) return false
        const shown = escapeText(answer.text.slice(0, 200))
        throw new PropolisError("DELIVERY_REFUSED", `the OTLP collector answered 400: ${shown}`)
      },
    })
  },
})

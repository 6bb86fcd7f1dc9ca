/** Events to Splunk's HTTP Event Collector (`/services/collector/event`), in batches. */
import { defineLogHandler, type SensorEvent } from "@propolis/core"
import { z } from "zod"
import { formatEvent, formatOption } from "../formats/event-format.ts"
import { answeredWith, jsonOf } from "../http/check-answer.ts"
import { codingHeader, compress } from "../http/compress.ts"
import { openHttpDelivery } from "../http/http-delivery.ts"
import { headerText, httpOptions, openHttpClient, urlBelow, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"

const name = z.string().min(1).max(200)

const options = z.strictObject({
  url: urlOption().describe("Address of the collector, as https://splunk.example:8088."),
  token: secretOption().describe("Token of the HTTP Event Collector."),
  index: name.optional().describe("Index. Default: the token's own."),
  source: name.default("propolis").describe("Splunk's source field."),
  sourcetype: name.default("propolis:event").describe("Splunk's sourcetype field."),
  format: formatOption(),
  channel: headerText
    .optional()
    .describe("Data channel (a UUID), for tokens with indexer acknowledgment switched on."),
  compress: z.boolean().default(true).describe("Compress requests with gzip."),
  ...httpOptions,
})
export type SplunkOptions = z.infer<typeof options>

const successSchema = z.object({ code: z.literal(0) })

export const splunkLogHandler = defineLogHandler<SplunkOptions>({
  name: "splunk",
  title: "Splunk (HTTP Event Collector)",
  options,
  // Splunk refuses requests above 800 MiB by default, many of its proxies above 1 MiB.
  batch: { maxEvents: 2_000, maxBytes: 1024 * 1024, maxWaitMs: 1_000 },
  async open(options, ports) {
    const client = await openHttpClient("Splunk", options, ports)
    const coding = options.compress ? "gzip" : "none"
    const headers: Record<string, string> = {
      "content-type": "application/json",
      authorization: `Splunk ${options.token}`,
      ...codingHeader(coding),
    }
    if (options.channel !== undefined) headers["x-splunk-request-channel"] = options.channel
    const url = urlBelow(options.url, "services/collector/event")
    return openHttpDelivery({
      client,
      async request(part) {
        const body = part.events.map((event) => envelope(event, options)).join("\n")
        return { url, headers, body: await compress(Buffer.from(body), coding) }
      },
      read(answer) {
        if (!successSchema.safeParse(jsonOf(answer)).success) throw answeredWith(answer, client.peer)
        return []
      },
    })
  },
})

function envelope(event: SensorEvent, options: SplunkOptions): string {
  const { source, sourcetype, index, format } = options
  const head = JSON.stringify({
    time: event.time / 1_000,
    host: event.sensor,
    source,
    sourcetype,
    ...(index === undefined ? {} : { index }),
  })
  return `${head.slice(0, -1)},"event":${formatEvent(format, event)}}`
}

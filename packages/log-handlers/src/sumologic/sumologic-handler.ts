/** Events to an HTTP source of a Sumo Logic hosted collector: JSON, one event a line. */
import { defineLogHandler } from "@propolis/core"
import { z } from "zod"
import { formatLines, formatOption } from "../formats/event-format.ts"
import { codingHeader, compress } from "../http/compress.ts"
import { openHttpDelivery } from "../http/http-delivery.ts"
import { httpOptions, openHttpClient, urlOption } from "../http/http-options.ts"

const headerValue = z
  .string()
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/, "expected printable characters")

const options = z.strictObject({
  url: urlOption({ query: true })
    .meta({ secret: true })
    .describe("The unique address that Sumo Logic gives for the source; who knows it can send to it."),
  category: headerValue.optional().describe("Source category. Default: the source's own."),
  name: headerValue.default("propolis").describe("Source name."),
  host: headerValue.optional().describe("Source host. Default: the sensor's id."),
  format: formatOption(),
  compress: z.boolean().default(true).describe("Compress requests with gzip."),
  ...httpOptions,
})
export type SumologicOptions = z.infer<typeof options>

export const sumologicLogHandler = defineLogHandler<SumologicOptions>({
  name: "sumologic",
  title: "Sumo Logic (HTTP source)",
  options,
  // Sumo Logic asks for 100 KB to 1 MB a request, before compression.
  batch: { maxEvents: 2_000, maxBytes: 1_000_000, maxWaitMs: 1_000 },
  async open(options, ports) {
    const client = await openHttpClient("Sumo Logic", options, ports)
    const coding = options.compress ? "gzip" : "none"
    const headers: Record<string, string> = {
      "content-type": "application/x-ndjson",
      "x-sumo-name": options.name,
      "x-sumo-host": options.host ?? ports.sensor,
      ...codingHeader(coding),
    }
    if (options.category !== undefined) headers["x-sumo-category"] = options.category
    return openHttpDelivery({
      client,
      async request(part) {
        return { url: options.url, headers, body: await compress(formatLines(options.format, part), coding) }
      },
    })
  },
})

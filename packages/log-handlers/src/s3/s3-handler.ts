/** Events as objects of S3 or a store that speaks its API (MinIO, Ceph, Garage …): one gzipped NDJSON object a batch. */
import { defineLogHandler } from "@propolis/core"
import { z } from "zod"
import { formatLines, formatOption } from "../formats/event-format.ts"
import { compress } from "../http/compress.ts"
import { openHttpDelivery, type Part } from "../http/http-delivery.ts"
import { headerText, httpOptions, openHttpClient, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"
import { encodeStrictly, sha256Hex, signRequest } from "./sigv4.ts"

const options = z.strictObject({
  bucket: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      "expected 3 to 63 lower-case letters, digits, dots and hyphens",
    )
    .describe("Bucket; it has to exist."),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, "expected a region such as eu-central-1")
    .default("us-east-1")
    .describe("Region of the bucket. MinIO's is us-east-1 unless it was told otherwise."),
  endpoint: urlOption().optional().describe("Address of the store. Default: Amazon's of the region."),
  pathStyle: z
    .boolean()
    .optional()
    .describe(
      "Name the bucket in the path (https://store/bucket/key) instead of the host. Default: yes with an endpoint of its own.",
    ),
  prefix: z
    .string()
    .max(512)
    .regex(/^[0-9A-Za-z!_.*'()/=-]*$/, "expected letters, digits and !_.*'()/=-")
    .default("propolis/")
    .describe("Begin of the objects' keys; year/month/day/hour, UTC, and a name follow."),
  accessKeyId: headerText.describe("Access key id."),
  secretAccessKey: secretOption().describe("Secret access key."),
  sessionToken: secretOption(8_192).optional().describe("Session token of temporary credentials."),
  storageClass: z
    .string()
    .regex(/^[A-Z_]{1,40}$/)
    .optional()
    .describe("Storage class, as STANDARD_IA."),
  format: formatOption(),
  ...httpOptions,
})
export type S3Options = z.infer<typeof options>

export const s3LogHandler = defineLogHandler<S3Options>({
  name: "s3",
  title: "S3 and compatible stores (gzipped NDJSON objects)",
  options,
  // Few large objects: requests cost money, and so does whoever lists them.
  batch: { maxEvents: 50_000, maxBytes: 32 * 1024 * 1024, maxWaitMs: 60_000 },
  async open(options, ports) {
    const client = await openHttpClient("S3", options, ports)
    const base = baseUrlOf(options)
    return openHttpDelivery({
      client,
      async request(part) {
        const body = await compress(formatLines(options.format, part), "gzip")
        const bodySha256 = sha256Hex(body)
        const path = objectKey(options.prefix, ports.sensor, part).split("/").map(encodeStrictly).join("/")
        const url = new URL(`${base}/${path}`)
        const headers = {
          "content-type": "application/gzip",
          "x-amz-content-sha256": bodySha256,
          ...(options.storageClass === undefined ? {} : { "x-amz-storage-class": options.storageClass }),
        }
        const scope = { region: options.region, service: "s3" }
        const unsigned = { method: "PUT", url, headers, bodySha256 }
        const signed = signRequest(unsigned, scope, options, ports.now())
        return { url: url.href, method: "PUT", headers: signed, body }
      },
    })
  },
})

/** The bucket's address; keys follow behind a slash. */
export function baseUrlOf({
  endpoint,
  pathStyle,
  region,
  bucket,
}: Pick<S3Options, "endpoint" | "pathStyle" | "region" | "bucket">): string {
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`)
  const path = url.pathname.replace(/\/+$/, "")
  if (pathStyle ?? endpoint !== undefined) return `${url.origin}${path}/${bucket}`
  return `${url.protocol}//${bucket}.${url.host}${path}`
}

/** The same events give the same key: a batch sent twice is stored once. */
function objectKey(prefix: string, sensor: string, part: Part): string {
  const events = part.events
  const first = events[0]!
  const hour = new Date(first.time).toISOString().slice(0, 13).replaceAll(/[-T]/g, "/")
  const name = sensor.replaceAll(/[^0-9A-Za-z._-]/g, "_")
  return `${prefix}${hour}/${name}-${first.id}-${part.count}.ndjson.gz`
}

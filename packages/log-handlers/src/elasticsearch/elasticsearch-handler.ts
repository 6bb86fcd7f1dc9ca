/**
 * Events to Elasticsearch or OpenSearch by the bulk API. An event's id is the document's `_id` and the operation is
 * `create`, so that a batch sent twice is stored once: 409 means that the document is there.
 */
import { defineLogHandler, escapeText, type LogHandlerPorts, PropolisError } from "@propolis/core"
import { z } from "zod"
import { ecsDocument } from "../formats/ecs-document.ts"
import { answeredWith, checkAnswer, jsonOf } from "../http/check-answer.ts"
import { codingHeader, compress } from "../http/compress.ts"
import type { HttpAnswer, HttpClient } from "../http/http-client.ts"
import { openHttpDelivery, type Part, type Rejection } from "../http/http-delivery.ts"
import { httpOptions, openHttpClient, urlBelow, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"
import { indexTemplate } from "./index-template.ts"

const options = z
  .strictObject({
    url: urlOption().describe("Address of one node or of a load balancer, as https://elastic.example:9200."),
    index: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, "expected 1 to 100 lower-case letters, digits and ._-")
      .default("propolis-events")
      .describe("Begin of the index names; the day of the event, UTC, follows: propolis-events-2026.11.22."),
    template: z
      .boolean()
      .default(true)
      .describe(
        "Install the index template (field types of the Elastic Common Schema) under the index's name.",
      ),
    apiKey: secretOption().optional().describe("Elasticsearch API key, encoded as Elasticsearch shows it."),
    username: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^:\r\n]+$/)
      .optional()
      .describe("User name, with password."),
    password: secretOption().optional().describe("Password of the user."),
    compress: z.boolean().default(true).describe("Compress requests with gzip."),
    ...httpOptions,
  })
  .refine((options) => (options.username === undefined) === (options.password === undefined), {
    path: ["password"],
    error: "expected user name and password together",
  })
  .refine((options) => options.apiKey === undefined || options.username === undefined, {
    path: ["apiKey"],
    error: "expected either apiKey or username and password",
  })
export type ElasticsearchOptions = z.infer<typeof options>

const bulkSchema = z.object({
  items: z.array(
    z.object({
      create: z.object({
        status: z.int(),
        error: z.object({ type: z.string(), reason: z.string().nullish() }).optional(),
      }),
    }),
  ),
})

export const elasticsearchLogHandler = defineLogHandler<ElasticsearchOptions>({
  name: "elasticsearch",
  title: "Elasticsearch or OpenSearch (bulk API)",
  options,
  batch: { maxEvents: 5_000, maxBytes: 8 * 1024 * 1024, maxWaitMs: 1_000 },
  async open(options, ports) {
    const client = await openHttpClient("Elasticsearch", options, ports, {
      maxAnswerBytes: 16 * 1024 * 1024,
    })
    const authorization = authorizationOf(options)
    if (options.template) await installTemplate(client, options, authorization, ports)
    const path = "_bulk?filter_path=items.create.status,items.create.error.type,items.create.error.reason"
    const coding = options.compress ? "gzip" : "none"
    return openHttpDelivery({
      client,
      async request(part) {
        const headers = { "content-type": "application/x-ndjson", ...authorization, ...codingHeader(coding) }
        const body = await compress(bulkBody(part, options.index), coding)
        return { url: urlBelow(options.url, path), headers, body }
      },
      read: (answer, part) => readItems(answer, part, client.peer),
    })
  },
})

function authorizationOf({ apiKey, username, password }: ElasticsearchOptions): Record<string, string> {
  if (apiKey !== undefined) return { authorization: `ApiKey ${apiKey}` }
  if (username === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` }
}

async function installTemplate(
  client: HttpClient,
  { url, index }: ElasticsearchOptions,
  authorization: Record<string, string>,
  ports: LogHandlerPorts,
): Promise<void> {
  const request = {
    url: urlBelow(url, `_index_template/${index}`),
    method: "PUT" as const,
    headers: { "content-type": "application/json", ...authorization },
    body: JSON.stringify(indexTemplate(index)),
  }
  try {
    const answer = await client.request(request, new AbortController().signal)
    // Whoever may write documents need not be allowed to change templates.
    if (answer.status === 403) ports.log("may not install the index template; going on without")
    else checkAnswer(answer, client.peer)
  } catch (error) {
    client.close()
    throw error
  }
}

function bulkBody(part: Part, index: string): Uint8Array {
  let body = ""
  for (const event of part.events) {
    const day = new Date(event.time).toISOString().slice(0, 10).replaceAll("-", ".")
    body += `{"create":{"_index":"${index}-${day}","_id":"${event.id}"}}\n${JSON.stringify(ecsDocument(event))}\n`
  }
  return Buffer.from(body)
}

/** @throws PropolisError where an item is worth another try; what was stored meanwhile answers 409 then. */
function readItems(answer: HttpAnswer, part: Part, peer: string): Rejection[] {
  const parsed = bulkSchema.safeParse(jsonOf(answer))
  if (!parsed.success || parsed.data.items.length !== part.count) throw answeredWith(answer, peer)
  const rejected: Rejection[] = []
  for (const [index, { create }] of parsed.data.items.entries()) {
    const { status, error } = create
    if ((status >= 200 && status < 300) || status === 409) continue
    const reason = escapeText(`${error?.type ?? status}: ${error?.reason ?? ""}`.slice(0, 300))
    // 400 is about this document; everything else is about the cluster, the index or the rights.
    if (status !== 400) throw new PropolisError("DELIVERY_FAILED", `${peer} answered ${status}: ${reason}`)
    rejected.push({ index, reason })
  }
  return rejected
}

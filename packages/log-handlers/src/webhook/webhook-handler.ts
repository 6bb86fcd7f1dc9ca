/** Events, or messages about them, to any HTTP address: signed, with headers and body as the receiver wants them. */
import { createHash, createHmac } from "node:crypto"
import { bytesFromText, defineLogHandler, encodeEvent, textFromBytes } from "@propolis/core"
import { openAlerts } from "../digest/alert-handler.ts"
import type { AlertMessage, AlertTarget } from "../digest/alert-target.ts"
import { fillTemplate } from "../digest/alert-text.ts"
import { sendRequest } from "../digest/send-request.ts"
import type { HttpClient, HttpRequest } from "../http/http-client.ts"
import { openHttpDelivery, type Part } from "../http/http-delivery.ts"
import { openHttpClient } from "../http/http-options.ts"
import { type WebhookOptions, webhookOptionsSchema } from "./webhook-options.ts"

export type { WebhookOptions } from "./webhook-options.ts"

export const webhookLogHandler = defineLogHandler<WebhookOptions>({
  name: "webhook",
  title: "Webhook",
  options: webhookOptionsSchema,
  batch: { maxEvents: 1_000, maxBytes: 4 * 1024 * 1024, maxWaitMs: 1_000 },
  async open(options, ports) {
    const client = await openHttpClient("the webhook", options, ports)
    if (options.send === "batch") {
      return openHttpDelivery({ client, request: (part) => requestOf(options, batchBody(options, part)) })
    }
    const windowMs = options.send === "single" ? 0 : options.digest.windowMs
    const alerts = { ...options, digest: { ...options.digest, windowMs } }
    return openAlerts(messageTarget(client, options), alerts, ports, { name: "webhook" })
  },
})

function messageTarget(client: HttpClient, options: WebhookOptions): AlertTarget {
  return {
    async send(message, signal) {
      const answer = await sendRequest(client, requestOf(options, messageBody(options, message)), signal)
      return `${answer.status}`
    },
    close: async () => client.close(),
  }
}

/** The same body has the same delivery id, by which a receiver knows a repetition. */
function requestOf(options: WebhookOptions, body: Uint8Array): HttpRequest {
  const ndjson = options.send === "batch" && options.format === "ndjson"
  const headers: Record<string, string> = {
    "content-type": contentTypeOf(options) ?? (ndjson ? "application/x-ndjson" : "application/json"),
    "x-propolis-delivery": createHash("sha256").update(body).digest("hex").slice(0, 32),
  }
  for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = value
  if (options.signingKey !== undefined) {
    const signature = createHmac("sha256", options.signingKey).update(body).digest("hex")
    headers[options.signatureHeader.toLowerCase()] = `sha256=${signature}`
  }
  return { url: options.url, method: options.method, headers, body }
}

function contentTypeOf(options: WebhookOptions): string | undefined {
  const byHeader = Object.entries(options.headers).find(([name]) => name.toLowerCase() === "content-type")
  return byHeader?.[1] ?? options.contentType
}

function batchBody(options: WebhookOptions, part: Part): Uint8Array {
  if (options.format === "ndjson") return part.ndjson
  const lines = textFromBytes(part.ndjson).trimEnd().replaceAll("\n", ",")
  return bytesFromText(`[${lines}]`)
}

function messageBody(options: WebhookOptions, message: AlertMessage): Uint8Array {
  if (options.template !== undefined) {
    return bytesFromText(fillTemplate(options.template, message.values, encoderOf(contentTypeOf(options))))
  }
  const { told } = message
  if (told.kind === "event") return bytesFromText(encodeEvent(told.event))
  return bytesFromText(JSON.stringify({ text: message.summary, ...message.values, alert: told }))
}

function encoderOf(contentType = "application/json"): (value: string) => string {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType))
    return (value) => encodeURIComponent(value.toWellFormed())
  if (/\bjson\b/i.test(contentType)) return (value) => JSON.stringify(value).slice(1, -1)
  return (value) => value
}

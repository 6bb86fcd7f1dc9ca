/** Options of the webhook log handler. */
import { secret } from "@propolis/core"
import { z } from "zod"
import { alertOptions } from "../digest/digest-options.ts"
import { httpOptions, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, "expected a header's name")
/** What the exchange itself needs. */
const ownHeaders = new Set(["content-length", "transfer-encoding", "connection", "host", "expect", "upgrade"])

export const webhookOptionsSchema = z
  .strictObject({
    url: secret(urlOption({ query: true })).describe(
      "Where to. Shown nowhere: many such URLs are all that is needed to post.",
    ),
    method: z.enum(["POST", "PUT"]).default("POST").describe("The request's method."),
    send: z
      .enum(["batch", "single", "digest"])
      .default("batch")
      .describe("What one request carries: a batch of events, one event, or one message of the digest."),
    format: z
      .enum(["json", "ndjson"])
      .default("json")
      .describe("How a batch is written: one JSON list, or one event a line."),
    headers: z
      .record(
        headerName.refine(
          (name) => !ownHeaders.has(name.toLowerCase()),
          "expected no header of the exchange itself",
        ),
        secretOption(4_096),
      )
      .default({})
      .describe("Further headers, such as Authorization. Their values are secrets."),
    contentType: z
      .string()
      .max(128)
      .regex(/^[\x21-\x7e][\x20-\x7e]*$/, "expected a media type")
      .optional()
      .describe(
        "Content-Type. Default: application/json, or application/x-ndjson. It also says how a template's values are written: as within JSON texts, percent-encoded for application/x-www-form-urlencoded, else as they are.",
      ),
    signingKey: secretOption()
      .optional()
      .describe("Key of the HMAC-SHA256 of the body. Without it requests are not signed."),
    signatureHeader: headerName
      .default("X-Propolis-Signature-256")
      .describe(
        "Header of the signature: sha256= and the HMAC in hexadecimal, as GitHub's webhooks have it.",
      ),
    ...httpOptions,
    ...alertOptions,
    template: alertOptions.template.describe(
      "The whole body, for single and digest, with {name} for values: {summary}, {source}, {sensor}, {service}, {services}, {ports}, {sessions}, {events}, {seconds}, {link}, {time}; for one event also {id}, {event}, {protocol}, {localPort}. Default: all there is, as JSON.",
    ),
  })
  .refine((it) => it.template === undefined || it.send !== "batch", {
    path: ["template"],
    error: "expected send: single or send: digest with a template",
  })
export type WebhookOptions = z.output<typeof webhookOptionsSchema>

/** Options of the honeydb log handler. */
import { eventKinds, normalizeAddress } from "@propolis/core"
import { z } from "zod"
import { headerText, httpOptions, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"

export const honeydbOptionsSchema = z.strictObject({
  url: urlOption()
    .default("https://honeydb.io/api")
    .describe("Base address of the API; `/hmac` below it gives the credential of every event."),
  apiId: headerText.describe("The account's API id."),
  apiKey: secretOption().describe(
    "The account's key for sensors (agents), not the one for threat information.",
  ),
  events: z
    .array(z.enum(eventKinds))
    .min(1)
    .default(["CONNECT", "RX", "TX"])
    .describe("Kinds of events that are sent. HoneyPy sends CONNECT, RX and TX; honeydb-agent INFO too."),
  localHost: z
    .string()
    .refine((text) => normalizeAddress(text) !== undefined, "expected an IPv4 or IPv6 address")
    .optional()
    .describe("Sent as local_host instead of the sensor's own address, which stays private then."),
  node: z
    .string()
    .regex(/^[0-9A-Za-z:._-]{1,64}$/, "expected 1 to 64 letters, digits and :._-")
    .optional()
    .describe(
      "Sent as node, where HoneyPy sends the machine's MAC address. Default: an address of that form derived from the sensor's id.",
    ),
  userAgent: headerText
    .or(
      z
        .string()
        .max(200)
        .regex(/^[\x20-\x7e]+$/),
    )
    .default("HoneyPy Honeypot")
    .describe("The User-Agent header."),
  ...httpOptions,
  timeoutMs: httpOptions.timeoutMs.default(10_000),
})
export type HoneydbOptions = z.infer<typeof honeydbOptionsSchema>

/** Options that every alert handler has: what becomes a message, and how many messages there may be. */
import { eventRulesSchema } from "@propolis/core"
import { z } from "zod"
import { urlOption } from "../http/http-options.ts"

const dayMs = 86_400_000
const clock = z.string().regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, "expected a time such as 22:30")

const quietSchema = z.strictObject({
  from: clock.describe("When quiet begins."),
  to: clock.describe("When it ends; before `from` it is the next morning."),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, "expected a time zone such as Europe/Berlin")
    .default("UTC")
    .describe("Time zone of both."),
})
export type QuietTime = z.output<typeof quietSchema>

export const digestSchema = z.strictObject({
  windowMs: z
    .int()
    .min(0)
    .max(dayMs)
    .default(60_000)
    .describe(
      "How long a source's events are gathered before there is a message about it, in milliseconds. 0: one message for every event, as HoneyPy did.",
    ),
  silenceMs: z
    .int()
    .min(0)
    .max(30 * dayMs)
    .default(900_000)
    .describe(
      "After a message about a source there is none about it for so long; what it does meanwhile is in the next one.",
    ),
  minEvents: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1)
    .describe("Events that a source must cause within a window."),
  minPorts: z.int().min(1).max(65_535).default(1).describe("Ports that a source must touch within a window."),
  maxMessagesPerHour: z
    .int()
    .min(1)
    .max(3_600)
    .default(60)
    .describe("Beyond so many messages an hour, sources share one message."),
  quiet: quietSchema
    .optional()
    .describe("Hours without messages; what happens meanwhile is told afterwards."),
  ignore: eventRulesSchema
    .default([])
    .describe("Rules (source × service × event …); an event that fits one of them is not told."),
  heartbeatMs: z
    .int()
    .min(0)
    .max(30 * dayMs)
    .default(0)
    .describe("A message that the sensor is alive, every so many milliseconds. 0: none."),
  maxSources: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe("Sources that are told apart at a time; what further ones do is only counted."),
})
export type DigestOptions = z.output<typeof digestSchema>

/** Spread into an alert handler's schema. */
export const alertOptions = {
  digest: digestSchema.prefault({}).describe("What becomes a message, and how many there may be."),
  hubUrl: urlOption()
    .optional()
    .describe("Address of the hub's pages; messages link to the source's page there."),
  template: z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .describe(
      "The message's text instead of the usual one, with {summary}, {source}, {sensor}, {service}, {services}, {ports}, {sessions}, {events}, {seconds}, {link}, {time}; for one event also {id}, {event}, {protocol}, {localPort}.",
    ),
}

export interface AlertOptions {
  readonly digest: DigestOptions
  readonly hubUrl?: string | undefined
  readonly template?: string | undefined
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name })
    return true
  } catch {
    return false
  }
}

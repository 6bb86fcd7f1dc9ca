/** The JSON shapes in which log handlers send an event. */
import { encodeEvent, type SensorEvent } from "@propolis/core"
import { z } from "zod"
import { ecsDocument } from "./ecs-document.ts"
import { honeypyRecord } from "./honeypy-record.ts"

export const eventFormats = ["event", "ecs", "honeypy"] as const
export type EventFormat = (typeof eventFormats)[number]

export function formatOption(byDefault: EventFormat = "event") {
  return z
    .enum(eventFormats)
    .default(byDefault)
    .describe(
      "Shape of the JSON. event: as docs/events.md describes it. ecs: Elastic Common Schema. honeypy: HoneyPy's fields, all text, data in hexadecimal.",
    )
}

/** One event as one line of JSON, without a newline. */
export function formatEvent(format: EventFormat, event: SensorEvent): string {
  if (format === "event") return encodeEvent(event)
  return JSON.stringify(format === "ecs" ? ecsDocument(event) : honeypyRecord(event))
}

/** Events one JSON object a line, each with its newline. Those that are lines already are not copied. */
export function formatLines(
  format: EventFormat,
  events: { readonly events: readonly SensorEvent[]; readonly ndjson: Uint8Array },
): Uint8Array {
  if (format === "event") return events.ndjson
  return Buffer.from(events.events.map((event) => `${formatEvent(format, event)}\n`).join(""))
}

/** Events in a file: JSON lines, or HoneyPy's own text lines. */
import { resolve } from "node:path"
import { type Batch, bytesFromText, defineLogHandler, type EventKind, eventKinds } from "@propolis/core"
import { z } from "zod"
import { honeypyLine } from "./honeypy-line.ts"
import { RotatingFile } from "./rotating-file.ts"

const options = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .describe(
      "The file, relative to the data folder. Default: events.ndjson, or honeypy.log with format honeypy.",
    ),
  format: z
    .enum(["json", "honeypy"])
    .default("json")
    .describe("json: one event a line, as docs/events.md describes it. honeypy: HoneyPy's own text lines."),
  events: z
    .array(z.enum(eventKinds))
    .min(1)
    .optional()
    .describe(
      "Kinds of events that are written. Default: all, or CONNECT, RX and TX with format honeypy, which knows no others.",
    ),
  daily: z.boolean().default(true).describe("Begin a new file every day, UTC."),
  maxBytes: z
    .int()
    .min(1_024)
    .default(100 * 1024 * 1024)
    .describe("Begin a new file before this one would be larger than so many bytes."),
  keep: z
    .int()
    .min(0)
    .max(100_000)
    .default(30)
    .describe("How many earlier files are kept; the oldest are removed."),
  compress: z.boolean().default(true).describe("Compress earlier files with gzip."),
})
export type FileOptions = z.infer<typeof options>

export const fileLogHandler = defineLogHandler<FileOptions>({
  name: "file",
  title: "File (JSON lines or HoneyPy's text lines)",
  options,
  batch: { maxEvents: 10_000, maxBytes: 8 * 1024 * 1024, maxWaitMs: 200 },
  async open(options, ports) {
    const name = options.path ?? (options.format === "json" ? "events.ndjson" : "honeypy.log")
    const { maxBytes, daily, keep, compress } = options
    const path = resolve(ports.dataDir, name)
    const file = new RotatingFile({ path, maxBytes, daily, keep, compress, now: ports.now, log: ports.log })
    await file.open()
    const encode = encoderOf(options)
    return {
      async deliver(batch, signal) {
        signal.throwIfAborted()
        await file.append(encode(batch))
        return undefined
      },
      close: () => file.close(),
    }
  },
})

function encoderOf({ format, events }: FileOptions): (batch: Batch) => Uint8Array {
  if (format === "honeypy") {
    const kinds = new Set<EventKind>(events ?? ["CONNECT", "RX", "TX"])
    return (batch) => {
      const lines = batch.events.filter((event) => kinds.has(event.event)).map(honeypyLine)
      return bytesFromText(lines.join(""))
    }
  }
  if (events === undefined) return (batch) => batch.ndjson
  const kinds = new Set<EventKind>(events)
  return (batch) => keepLines(batch, (index) => kinds.has(batch.events[index]!.event))
}

/** The lines of a batch for which `keeps` holds, byte for byte. */
function keepLines(batch: Batch, keeps: (index: number) => boolean): Uint8Array {
  const kept = new Uint8Array(batch.ndjson.length)
  let length = 0
  let start = 0
  for (let index = 0; index < batch.count; index++) {
    const end = batch.ndjson.indexOf(0x0a, start) + 1
    if (keeps(index)) {
      kept.set(batch.ndjson.subarray(start, end), length)
      length += end - start
    }
    start = end
  }
  return kept.subarray(0, length)
}

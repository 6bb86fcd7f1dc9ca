/** The terminal view: lines for the operator, and live events as far as a person can read along. */
import { escapeBytes, escapeText, type SensorEvent } from "@propolis/core"
import { fitWidth, padWidth } from "./text-width.ts"

/** As much of a stream as the view needs; `process.stdout` is one. */
export interface ConsoleOutput {
  write(text: string): boolean
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  on(event: "drain" | "error", listener: (error?: Error) => void): unknown
  off(event: "drain" | "error", listener: (error?: Error) => void): unknown
}

export interface ConsoleOptions {
  readonly out: ConsoleOutput
  /** Default: whether `out` is a terminal and NO_COLOR is not set. */
  readonly colour?: boolean
  /** Event lines per second; the rest is counted and told. Default 40. */
  readonly maxLinesPerSecond?: number
  /** Unix milliseconds. */
  readonly now?: () => number
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface SensorConsole {
  /** One line for the operator: always written. Control characters are written out. */
  line(text: string): void
  /** A line that is a fault or needs a hand. */
  warn(text: string): void
  /** One event, if there is room; never blocks. */
  event(event: SensorEvent): void
  /** Aligned columns. */
  table(header: readonly string[], rows: readonly (readonly string[])[]): void
  /** Events that were left out of the view since the start (none of them is missing in the journal). */
  readonly skipped: number
  close(): void
}

/** Line width where there is no terminal that has one. */
const pipeColumns = 500
const flushMs = 250

const colours = {
  dim: "2",
  red: "31",
  green: "32",
  yellow: "33",
  blue: "34",
  magenta: "35",
  cyan: "36",
  bold: "1",
} as const
type Colour = keyof typeof colours

const kindColours: Readonly<Record<SensorEvent["event"], Colour>> = {
  CONNECT: "cyan",
  RX: "yellow",
  TX: "dim",
  INFO: "magenta",
  DISCONNECT: "dim",
}

export function createConsole(options: ConsoleOptions): SensorConsole {
  const { out } = options
  const now = options.now ?? Date.now
  const env = options.env ?? process.env
  const colour = options.colour ?? (out.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb")
  const maxLinesPerSecond = options.maxLinesPerSecond ?? 40
  const paint = (text: string, name: Colour) => (colour ? `\u001b[${colours[name]}m${text}\u001b[0m` : text)

  let open = true
  let blocked = false
  let skipped = 0
  let untold = 0
  let allowance = maxLinesPerSecond
  let refilledAt = now()

  // A reader that went away (EPIPE) ends the view, never the sensor.
  const onError = () => {
    open = false
  }
  const onDrain = () => {
    blocked = false
  }
  out.on("error", onError)
  out.on("drain", onDrain)

  const write = (text: string) => {
    if (open && !out.write(`${text}\n`)) blocked = true
  }
  const tellSkipped = () => {
    if (untold === 0 || blocked) return
    write(paint(`… ${untold.toLocaleString("en")} more`, "dim"))
    untold = 0
  }
  const timer = setInterval(tellSkipped, flushMs)
  timer.unref()

  const hasRoom = (): boolean => {
    const at = now()
    allowance = Math.min(
      maxLinesPerSecond,
      allowance + (Math.max(0, at - refilledAt) * maxLinesPerSecond) / 1_000,
    )
    refilledAt = at
    if (!open || blocked || allowance < 1) return false
    allowance--
    return true
  }

  return {
    line: (text) => write(escapeLine(text)),
    warn: (text) => write(paint(escapeLine(text), "red")),
    event(event) {
      if (!hasRoom()) {
        skipped++
        untold++
        return
      }
      tellSkipped()
      const width = Math.max(40, out.isTTY === true ? (out.columns ?? 80) : pipeColumns)
      const [head, kind, rest] = describeEvent(event, width)
      const line = fitWidth(`${head}${kind}${rest}`, width)
      // Colours go in after the width is known: they take none.
      write(
        line.startsWith(head + kind)
          ? `${paint(head, "dim")}${paint(kind, kindColours[event.event])}${line.slice(head.length + kind.length)}`
          : line,
      )
    },
    table(header, rows) {
      const safe = rows.map((row) => row.map((cell) => escapeText(cell)))
      const widths = header.map((title, i) =>
        Math.max(title.length, ...safe.map((row) => (row[i] ?? "").length)),
      )
      const format = (row: readonly string[]) =>
        row
          .map((cell, i) => padWidth(cell, widths[i] ?? 0))
          .join("  ")
          .trimEnd()
      write(paint(format(header), "bold"))
      for (const row of safe) write(format(row))
    },
    get skipped() {
      return skipped
    },
    close() {
      if (!open) return
      clearInterval(timer)
      blocked = false
      tellSkipped()
      open = false
      out.off("drain", onDrain)
      // The error listener stays: a write under way may still fail, and nobody else would hear it.
    },
  }
}

/** A line of the operator's own keeps its line breaks; nothing else may move the cursor. */
function escapeLine(text: string): string {
  return text
    .split("\n")
    .map((line) => escapeText(line).replaceAll("\\\\", "\\"))
    .join("\n")
}

/** One event in one line: `12:34:56 Telnet   203.0.113.7:4242 → 10023 TCP RX 12 B root\r\n`, in three parts for colouring. */
function describeEvent(
  event: SensorEvent,
  width: number,
): readonly [head: string, kind: string, rest: string] {
  const time = new Date(event.time).toISOString().slice(11, 19)
  const from = event.remoteHost.includes(":")
    ? `[${event.remoteHost}]:${event.remotePort}`
    : `${event.remoteHost}:${event.remotePort}`
  const head = `${time} ${event.service.padEnd(12)} ${from.padEnd(21)} `
  const kind = event.event.padEnd(10)
  const parts: string[] = []
  if (event.bytes > 0) parts.push(`${event.bytes.toLocaleString("en")} B`)
  for (const [name, value] of Object.entries(event.attributes)) {
    parts.push(`${name}=${escapeText(value.slice(0, width))}`)
  }
  if (event.data.length > 0) parts.push(escapeBytes(event.data, width))
  return [head, kind, ` ${parts.join(" ")}`.trimEnd()]
}

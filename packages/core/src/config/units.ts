/** Sizes and durations as people write them: `64KiB`, `1.5MiB`, `30s`, `10m`, or a plain number. */
import { z } from "zod"

const sizeUnits: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1_000,
  mb: 1_000_000,
  gb: 1_000_000_000,
  kib: 1_024,
  mib: 1_048_576,
  gib: 1_073_741_824,
  tib: 1_099_511_627_776,
}

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^\s*([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*([A-Za-z]{0,3})\s*$/.exec(text)
  if (match === null) return undefined
  const unit = match[2]!.toLowerCase()
  if (unit !== "" && !Object.hasOwn(units, unit)) return undefined
  return Math.round(Number(match[1]) * (unit === "" ? 1 : units[unit]!))
}

/** Bytes of `64KiB`, `10 MB`, `4096`; `undefined` where the text is no size. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, sizeUnits)
}

/** Milliseconds of `30s`, `10m`, `1.5h`, `250`; `undefined` where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, durationUnits)
}

interface QuantityRange {
  readonly min: number
  readonly max: number
  /** What holds where nothing is written, as a person would write it. */
  readonly default: string
  readonly description: string
}

function quantity(range: QuantityRange, parse: (text: string) => number | undefined, expected: string) {
  const bounds = `${expected} from ${range.min.toLocaleString("en")} to ${range.max.toLocaleString("en")}`
  return z
    .union([z.number(), z.string()], { error: `expected ${bounds}` })
    .transform((value, context) => {
      const parsed = typeof value === "number" ? value : parse(value)
      if (parsed === undefined || !Number.isSafeInteger(parsed) || parsed < range.min || parsed > range.max) {
        context.addIssue({ code: "custom", message: `expected ${bounds}` })
        return z.NEVER
      }
      return parsed
    })
    .prefault(range.default)
    .describe(range.description)
}

/** A size in bytes; a text may carry a unit (`64KiB`). */
export function sizeField(range: QuantityRange) {
  return quantity(range, parseSize, "bytes (or a size such as 64KiB, 10MB)")
}

/** A duration in milliseconds; a text may carry a unit (`30s`). */
export function durationField(range: QuantityRange) {
  return quantity(range, parseDuration, "milliseconds (or a duration such as 30s, 10m, 1h)")
}

/** A whole number within bounds. */
export function countField(range: {
  readonly min: number
  readonly max: number
  readonly default: number
  readonly description: string
}) {
  return z.int().min(range.min).max(range.max).default(range.default).describe(range.description)
}

/** `true`/`false`, and HoneyPy's `Yes`/`No`. */
export function yesNoField(fallback: boolean, description: string) {
  return z
    .union([z.boolean(), z.string()], { error: "expected true or false (yes or no)" })
    .transform((value, context) => {
      if (typeof value === "boolean") return value
      const word = value.toLowerCase()
      if (["yes", "true", "on"].includes(word)) return true
      if (["no", "false", "off"].includes(word)) return false
      context.addIssue({ code: "custom", message: "expected true or false (yes or no)" })
      return z.NEVER
    })
    .prefault(fallback)
    .describe(description)
}

/**
 * Bound values for chDB. They are given to a session with `SET param_name = '…'`, which is what `--param_name` does: the
 * engine parses the text as the type that the placeholder names, it never becomes part of a statement.
 * (chDB's own `queryBindAsync` sends every bound query of the process through one queue: a slow one would hold all others.)
 */
import type { Parameters, ParameterValue } from "../driver.ts"

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\0": "\\0",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
}

/** A text as one SQL literal: only the quote and the backslash could end it. */
export function quoteLiteral(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`
}

/** The text that the engine parses as the placeholder's type: scalars in escaped (TSV) form, arrays as array literals. */
export function parameterText(value: ParameterValue): string {
  if (typeof value === "string") return value.replace(/[\\\0\b\f\n\r\t]/g, (character) => escapes[character]!)
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number below 2^53: ${value}`)
    return String(value)
  }
  return `[${value.map((item) => (typeof item === "string" ? quoteLiteral(item) : parameterText(item))).join(",")}]`
}

/** `param_a = '…', param_b = '…'`; the empty text where there are none. */
export function parameterAssignments(parameters: Parameters): string[] {
  return Object.entries(parameters).map(([name, value]) => {
    if (!/^[a-zA-Z][a-zA-Z0-9_]*$/.test(name)) throw new RangeError(`not a parameter's name: ${name}`)
    return `param_${name} = ${quoteLiteral(parameterText(value))}`
  })
}

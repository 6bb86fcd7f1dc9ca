/** Faults of a configuration: all at once, each with its place in the file. */
import type { z } from "zod"
import { PropolisError } from "../errors.ts"
import { escapeText } from "../escape.ts"
import type { Fault } from "../faults.ts"
import { knownKeys, unknownKey } from "./known-keys.ts"
import { nearest } from "./suggest.ts"

export interface ConfigFault extends Fault {
  /** What would have been right. */
  readonly expected: string | undefined
  /** From 1; `undefined` where the configuration has no file. */
  readonly line: number | undefined
  readonly column: number | undefined
}

export type ConfigPath = readonly (string | number)[]

/** A place in the file, from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** The path of one fault and what is wrong there, before it is placed in the file. */
export interface UnplacedFault {
  readonly path: ConfigPath
  readonly reason: string
  readonly expected?: string | undefined
  /** Where it is known without looking for the path. */
  readonly place?: Place | undefined
}

/** CONFIG_INVALID with its faults; the message lists them all. */
export class ConfigInvalid extends PropolisError {
  readonly faults: readonly ConfigFault[]

  constructor(source: string, faults: readonly ConfigFault[]) {
    const many = faults.length === 1 ? "1 fault" : `${faults.length} faults`
    super(
      "CONFIG_INVALID",
      `${source} has ${many}:\n${faults.map((fault) => `  ${formatFault(fault, source)}`).join("\n")}`,
    )
    this.faults = faults
  }
}

/** `propolis.yaml:12:5 services.Telnet.port: got "x"; expected a port …` */
export function formatFault(fault: ConfigFault, source: string): string {
  const place = fault.line === undefined ? source : `${source}:${fault.line}:${fault.column ?? 1}`
  const path = fault.path === "" ? "" : ` ${fault.path}`
  const expected = fault.expected === undefined ? "" : `; expected ${fault.expected}`
  return `${place}${path}: ${fault.reason}${expected}`
}

/** Faults with their places, in the order of the file. `locate` tells the place of a path, if there is a file. */
export function placeFaults(
  faults: readonly UnplacedFault[],
  locate: (path: ConfigPath) => Place | undefined = () => undefined,
): ConfigFault[] {
  const placed = faults.map((fault): ConfigFault => {
    const place = fault.place ?? locate(fault.path)
    return {
      path: pathText(fault.path),
      reason: fault.reason,
      expected: fault.expected,
      line: place?.line,
      column: place?.column,
    }
  })
  return placed.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

export function pathText(path: ConfigPath): string {
  return path.map((part) => escapeText(String(part))).join(".")
}

/** For {@link unplacedFaults}: no value there is secret. */
export const showAll = () => true
/** For {@link unplacedFaults}: any value there may be secret. */
export const showNone = () => false

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
}

/**
 * The faults of the issues of one `schema`. `value` is what was parsed, to tell what is there;
 * `showsValue` is false for paths that may hold secrets.
 */
export function unplacedFaults(
  schema: z.core.$ZodType,
  issues: readonly z.core.$ZodIssue[],
  base: ConfigPath,
  value: unknown,
  showsValue: (path: ConfigPath) => boolean,
): UnplacedFault[] {
  return issues.flatMap((issue) => {
    const inner = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))
    const path = [...base, ...inner]
    const found = valueAt(value, inner)
    const got = found === undefined ? "is missing" : `got ${describeValue(found, showsValue(path))}`
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.keys.map((key) => ({
          path: [...path, key],
          ...unknownKey(key, knownKeys(schema, issue.path), Object.keys((found ?? {}) as object)),
        }))
      case "invalid_type":
        return [
          { path, reason: got, expected: typeNames[issue.expected] ?? `a value of type ${issue.expected}` },
        ]
      case "invalid_value":
        return [{ path, reason: got, expected: oneOf(issue.values.map(String)) }]
      case "too_small":
        return [{ path, reason: got, expected: bound(issue.origin, "at least", issue.minimum) }]
      case "too_big":
        return [{ path, reason: got, expected: bound(issue.origin, "at most", issue.maximum) }]
      case "invalid_union":
        return unionFaults(schema, issue, base, path, value, got, showsValue)
      case "invalid_key": {
        const inner = issue.issues[0]
        return [
          { path, reason: "is no usable key", expected: inner === undefined ? undefined : ownWords(inner) },
        ]
      }
      case "invalid_format":
        return [
          { path, reason: got, expected: ownWords(issue) ?? formatNames[issue.format] ?? issue.message },
        ]
      default: {
        const expected = ownWords(issue)
        return [expected === undefined ? { path, reason: issue.message } : { path, reason: got, expected }]
      }
    }
  })
}

const formatNames: Readonly<Record<string, string>> = {
  url: "a URL such as https://host/path",
  email: "an e-mail address",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
}

/** What a schema's own message says was expected. */
function ownWords(issue: z.core.$ZodIssue): string | undefined {
  return /^expected (.+)$/s.exec(issue.message)?.[1]
}

/** A union that failed: its own words where it has some, else the faults of the branch that came nearest. */
function unionFaults(
  schema: z.core.$ZodType,
  issue: z.core.$ZodIssueInvalidUnion,
  base: ConfigPath,
  path: ConfigPath,
  value: unknown,
  got: string,
  showsValue: (path: ConfigPath) => boolean,
): UnplacedFault[] {
  const own = ownWords(issue)
  if (own !== undefined) return [{ path, reason: got, expected: own }]
  const branches = issue.errors.filter((branch) => branch.length > 0)
  const depth = (branch: readonly z.core.$ZodIssue[]) => Math.max(...branch.map((each) => each.path.length))
  const best = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0]
  if (best === undefined) return [{ path, reason: issue.message }]
  const whole = best.map((each) => ({ ...each, path: [...issue.path, ...each.path] }))
  return unplacedFaults(schema, whole, base, value, showsValue)
}

function bound(origin: string, word: string, limit: number | bigint): string {
  const number = limit.toLocaleString("en")
  if (origin === "string") return `${word} ${number} characters`
  if (origin === "array") return `${word} ${number} entries`
  return `${word} ${number}`
}

export function oneOf(words: readonly string[]): string {
  const shown = words.slice(0, 40)
  const rest = words.length > shown.length ? `, … ${words.length - shown.length} more` : ""
  return shown.length === 1 ? shown[0]! : `one of ${shown.join(", ")}${rest}`
}

/** What is known where an unknown word stands: a suggestion if one is near, else the whole choice. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? oneOf(known) : `${oneOf(known)} (did you mean ${near}?)`
}

export function valueAt(value: unknown, path: ConfigPath): unknown {
  let at = value
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined
    at = (at as Record<string | number, unknown>)[part]
  }
  return at
}

function describeValue(value: unknown, showValues: boolean): string {
  if (value === null) return "nothing"
  if (Array.isArray(value)) return "a list"
  if (typeof value === "object") return "a map"
  if (!showValues) return typeNames[typeof value] ?? typeof value
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value)
  return `${escapeText(text.replaceAll("\\", ""))}${typeof value === "string" && value.length > 40 ? "…" : ""}`
}

/** YAML text → plain values, with the place of every path. The text is hostile: size, aliases and depth are capped. */
import { bytesFromText } from "../bytes.ts"
import { escapeText } from "../escape.ts"
import type { ConfigPath, Place, UnplacedFault } from "./config-fault.ts"

/** As much of the package `yaml` as is needed here; the caller brings it, so that this package stays without it. */
export interface YamlLibrary {
  readonly LineCounter: new () => YamlLineCounter
  parseDocument(
    text: string,
    options: {
      lineCounter: YamlLineCounter
      uniqueKeys: boolean
      merge: boolean
      prettyErrors: boolean
    },
  ): YamlDocument
  isAlias(node: unknown): node is { resolve(document: YamlDocument): unknown }
  isMap(node: unknown): node is { readonly items: readonly YamlPair[] }
  isScalar(node: unknown): node is { readonly value: unknown }
  isSeq(node: unknown): node is { readonly items: readonly unknown[] }
}

interface YamlLineCounter {
  /** The parser's own. */
  lineStarts: number[]
  addNewLine: (offset: number) => number
  linePos(offset: number): { readonly line: number; readonly col: number }
}

interface YamlDocument {
  readonly errors: readonly { readonly message: string; readonly pos: readonly [number, number] }[]
  readonly contents: unknown
  toJS(options: { maxAliasCount: number }): unknown
}

interface YamlPair {
  readonly key: unknown
  readonly value: unknown
}

/** The most that a configuration file may have. */
export const maxConfigBytes = 1_048_576
const maxAliases = 64
const maxDepth = 32

export interface YamlSource {
  readonly value: unknown
  readonly faults: readonly UnplacedFault[]
  /** The place of a path, or of the nearest part of it that is there. */
  locate(path: ConfigPath): Place | undefined
}

/** Reads a text with the package `yaml`; never throws. */
export function readYaml(text: string, yaml: YamlLibrary): YamlSource {
  const nowhere = () => undefined
  if (text.length > maxConfigBytes || bytesFromText(text).length > maxConfigBytes) {
    return {
      value: undefined,
      faults: [{ path: [], reason: `has more than ${maxConfigBytes.toLocaleString("en")} bytes` }],
      locate: nowhere,
    }
  }
  const lines = new yaml.LineCounter()
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  try {
    const document = yaml.parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: false,
      merge: true,
      prettyErrors: false,
    })
    if (document.errors.length > 0) {
      return {
        value: undefined,
        faults: document.errors.map((error) => ({
          path: [],
          reason: `not YAML: ${escapeText(error.message)}`,
          place: placeOf(error.pos[0]),
        })),
        locate: nowhere,
      }
    }
    const root = document.contents
    const resolve = (node: unknown): unknown => (yaml.isAlias(node) ? node.resolve(document) : node)
    const faults = structureFaults(root, yaml, (node) => placeOf(startOf(node) ?? 0))
    if (faults.some((fault) => fault.fatal)) return { value: undefined, faults, locate: nowhere }
    return {
      value: document.toJS({ maxAliasCount: maxAliases }),
      faults,
      locate: (path) => {
        const offset = locateIn(root, path, yaml, resolve)
        return offset === undefined ? undefined : placeOf(offset)
      },
    }
  } catch (cause) {
    // Too many aliases, a reference that does not resolve, or nesting beyond the parser's stack.
    const reason = cause instanceof RangeError ? "is nested too deeply" : escapeText((cause as Error).message)
    return { value: undefined, faults: [{ path: [], reason: `not usable YAML: ${reason}` }], locate: nowhere }
  }
}

interface StructureFault extends UnplacedFault {
  readonly place: Place
  readonly fatal: boolean
}

/** Keys that occur twice, keys that are no text, nesting beyond any need. */
function structureFaults(
  root: unknown,
  yaml: YamlLibrary,
  placeOf: (node: unknown) => Place,
): StructureFault[] {
  const faults: StructureFault[] = []
  const visit = (node: unknown, path: ConfigPath): void => {
    if (path.length > maxDepth) {
      faults.push({
        path: path.slice(0, 4),
        reason: `is nested more than ${maxDepth} deep`,
        place: placeOf(node),
        fatal: true,
      })
      return
    }
    if (yaml.isSeq(node)) node.items.forEach((item, i) => void visit(item, [...path, i]))
    if (!yaml.isMap(node)) return
    const seen = new Map<string, Place>()
    for (const pair of node.items) {
      const key = keyText(pair, yaml)
      if (key === undefined) {
        faults.push({ path, reason: "has a key that is not a text", place: placeOf(pair.key), fatal: true })
        continue
      }
      const earlier = seen.get(key)
      const place = placeOf(pair.key)
      if (earlier === undefined) seen.set(key, place)
      else
        faults.push({
          path: [...path, key],
          reason: `is there twice (first in line ${earlier.line})`,
          place,
          fatal: false,
        })
      visit(pair.value, [...path, key])
    }
  }
  visit(root, [])
  return faults
}

function keyText(pair: YamlPair, yaml: YamlLibrary): string | undefined {
  const key: unknown = pair.key
  const value = yaml.isScalar(key) ? key.value : key
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value)
  // `<<` is a symbol to the parser when merging is on.
  return typeof value === "symbol" ? "<<" : undefined
}

function startOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0]
}

function locateIn(
  root: unknown,
  path: ConfigPath,
  yaml: YamlLibrary,
  resolve: (node: unknown) => unknown,
): number | undefined {
  let node = root
  let offset: number | undefined
  for (const part of path) {
    const at = resolve(node)
    if (yaml.isMap(at)) {
      const pair = at.items.findLast((each) => keyText(each, yaml) === String(part))
      if (pair === undefined) return offset
      offset = startOf(pair.key) ?? offset
      node = pair.value
    } else if (yaml.isSeq(at)) {
      node = at.items[Number(part)]
      if (node === undefined) return offset
      offset = startOf(node) ?? offset
    } else return offset
  }
  return offset
}

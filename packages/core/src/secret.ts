/** Secrets among options: a schema marks them, and whoever shows options or text about them leaves them out. */
import { z } from "zod"

declare module "zod" {
  interface GlobalMeta {
    /** Nobody may read the value in a log, a fault, a status page or a printed configuration. */
    secret?: boolean
  }
}

/** What stands where a secret was. */
export const redacted = "[secret]"

/** The same schema, marked as a secret; optional, described and other wrappers of it stay marked. */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ secret: true })
}

/** A copy of `value` in which everything that `schema` marks as secret is {@link redacted}. */
export function redactOptions(schema: z.core.$ZodType, value: unknown): unknown {
  return rewrite(schema, value, () => redacted)
}

/** Every text that `schema` marks as secret in `value`. */
export function secretTexts(schema: z.core.$ZodType, value: unknown): string[] {
  const texts: string[] = []
  rewrite(schema, value, (secretValue) => {
    collectTexts(secretValue, texts)
    return redacted
  })
  return texts
}

function collectTexts(value: unknown, into: string[]): void {
  if (typeof value === "string") into.push(value)
  else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) collectTexts(inner, into)
  }
}

/** Shorter texts are not looked for: they would be found everywhere. */
const minNeedleCharacters = 4

/**
 * Makes a function that takes `secrets` out of any text: as they are, within JSON, percent-encoded and in
 * base64; of a secret URL also its path and query, which is what error messages show of it.
 */
export function createRedactor(secrets: Iterable<string>): (text: string) => string {
  const needles = new Set<string>()
  for (const text of secrets) {
    for (const form of formsOf(text)) if (form.length >= minNeedleCharacters) needles.add(form)
  }
  // The longest first: one secret may be part of another.
  const ordered = [...needles].sort((a, b) => b.length - a.length)
  if (ordered.length === 0) return (text) => text
  return (text) => ordered.reduce((rest, needle) => rest.replaceAll(needle, redacted), text)
}

function formsOf(text: string): string[] {
  const forms = [text, JSON.stringify(text).slice(1, -1), percentEncoded(text), base64Of(text)]
  const url = text.includes("://") ? URL.parse(text) : null
  if (url !== null) {
    forms.push(url.pathname + url.search, url.pathname, url.search.slice(1), url.password)
  }
  return forms
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function base64Of(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replace(/=+$/, "")
}

/** `value` with what is marked replaced; untouched parts are the same objects. */
function rewrite(schema: z.core.$ZodType, value: unknown, replace: (value: unknown) => unknown): unknown {
  if (value === undefined || value === redacted) return value
  if (isMarked(schema)) return replace(value)
  const { def } = schema._zod
  if (def.type === "union") {
    return (def as z.core.$ZodUnionDef).options.reduce<unknown>(
      (at, option) => rewrite(option, at, replace),
      value,
    )
  }
  if (def.type === "pipe") {
    const { in: from, out } = def as z.core.$ZodPipeDef
    return rewrite(out, rewrite(from, value, replace), replace)
  }
  if ("innerType" in def) return rewrite((def as { innerType: z.core.$ZodType }).innerType, value, replace)
  if (typeof value !== "object" || value === null) return value
  if (def.type === "array") {
    if (!Array.isArray(value)) return value
    const { element } = def as z.core.$ZodArrayDef
    return value.map((inner) => rewrite(element, inner, replace))
  }
  // Of a union, a branch for maps also sees lists.
  if (Array.isArray(value)) return value
  if (def.type === "object") {
    const { shape } = def as z.core.$ZodObjectDef
    return mapEntries(value, (key, inner) => {
      const field = Object.hasOwn(shape, key) ? shape[key] : undefined
      return field === undefined ? inner : rewrite(field, inner, replace)
    })
  }
  if (def.type === "record") {
    const { valueType } = def as z.core.$ZodRecordDef
    return mapEntries(value, (_, inner) => rewrite(valueType, inner, replace))
  }
  return value
}

function mapEntries(value: object, change: (key: string, inner: unknown) => unknown): unknown {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(key, inner)]))
}

function isMarked(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.secret === true
}

/** Which keys a zod schema knows at a path, for "did you mean". */
import type { z } from "zod"
import { nearest } from "./suggest.ts"

/** The keys of the objects that `schema` has at `path`; empty where none are known. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const [first, ...rest] = path
  return bare(schema).flatMap((at) => {
    const { def } = at._zod
    if (def.type === "object") {
      const { shape } = def as z.core.$ZodObjectDef
      if (first === undefined) return Object.keys(shape)
      const inner = Object.hasOwn(shape, first) ? shape[String(first)] : undefined
      return inner === undefined ? [] : knownKeys(inner, rest)
    }
    if (first === undefined) return []
    if (def.type === "array") return knownKeys((def as z.core.$ZodArrayDef).element, rest)
    if (def.type === "record") return knownKeys((def as z.core.$ZodRecordDef).valueType, rest)
    return []
  })
}

/** A schema without its wrappers; a union gives each of its branches. */
function bare(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = schema._zod
  if (def.type === "union") return (def as z.core.$ZodUnionDef).options.flatMap((option) => bare(option))
  if (def.type === "pipe") return bare((def as z.core.$ZodPipeDef).in)
  if ("innerType" in def) return bare((def as unknown as { innerType: z.core.$ZodType }).innerType)
  return [schema]
}

/** What to say about a key that nobody knows, where `known` are the keys that could stand there. */
export function unknownKey(key: string, known: readonly string[], taken: readonly string[]) {
  const free = known.filter((each) => !taken.includes(each))
  const near = nearest(key, known)
  if (near !== undefined) return { reason: `unknown key (did you mean ${near}?)` }
  if (known.length === 0) return { reason: "unknown key", expected: "no keys" }
  return {
    reason: "unknown key",
    expected: free.length === 0 ? "no further keys" : `one of ${free.join(", ")}`,
  }
}

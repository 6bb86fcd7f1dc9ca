/** One entry of `handlers`. */
import {
  type ConfigPath,
  createRedactor,
  redactOptions,
  secretTexts,
  showAll,
  showNone,
  suggestion,
  type UnplacedFault,
  unplacedFaults,
  valueAt,
} from "@propolis/core"
import { importFirst, isLogHandler, isModuleName } from "./catalogue.ts"
import type { ConfiguredHandler } from "./config.ts"
import { handlerPart } from "./parts.ts"
import { type EntryContext, isMapOrNothing, type Understood } from "./service-config.ts"

export async function readHandler(
  name: string,
  value: unknown,
  context: EntryContext & { readonly secretPaths: ReadonlySet<string> },
): Promise<Understood<ConfiguredHandler>> {
  const base: ConfigPath = ["handlers", name]
  if (!isMapOrNothing(value)) {
    return {
      entry: undefined,
      faults: [{ path: base, reason: "is no map", expected: "a map such as { options: {} }" }],
    }
  }
  const faults: UnplacedFault[] = []
  // The name becomes part of file names: the cursor's, the dead letters'.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    faults.push({ path: base, reason: "is no usable name", expected: "1 to 64 letters, digits and ._-" })
  }
  const parsed = handlerPart.safeParse(value ?? {})
  if (!parsed.success)
    faults.push(...unplacedFaults(handlerPart, parsed.error.issues, base, value ?? {}, showAll))
  const wanted = valueAt(value, ["handler"]) ?? name
  if (typeof wanted !== "string") return { entry: undefined, faults }

  const names = context.catalogue.handlers.map((handler) => handler.name)
  let handler = context.catalogue.handlers.find((each) => each.name === wanted)
  if (handler === undefined && isModuleName(wanted)) {
    const found = await importFirst(wanted, context.baseDir, isLogHandler)
    if ("reason" in found) {
      faults.push({
        path: [...base, "handler"],
        reason: found.reason,
        expected: "a module that exports a log handler",
      })
      return { entry: undefined, faults }
    }
    handler = found
  }
  if (handler === undefined) {
    faults.push({
      path: [...base, "handler"],
      reason: `no log handler ${JSON.stringify(wanted.slice(0, 40))}`,
      expected: suggestion(wanted, names),
    })
    return { entry: undefined, faults }
  }
  const optionsIn = valueAt(value, ["options"]) ?? {}
  const options = handler.options.safeParse(optionsIn)
  if (!options.success) {
    faults.push(
      ...unplacedFaults(handler.options, options.error.issues, [...base, "options"], optionsIn, showNone),
    )
  }
  if (!parsed.success || !options.success || faults.length > 0) return { entry: undefined, faults }
  const secrets = [
    ...secretTexts(handler.options, options.data),
    ...textsBelow(value, base, context.secretPaths),
  ]
  return {
    entry: {
      name,
      handler,
      enabled: parsed.data.enabled,
      options: options.data,
      filter: parsed.data.filter,
      secrets,
      shownOptions: redactTexts(redactOptions(handler.options, options.data), createRedactor(secrets)),
    },
    faults,
  }
}

/** Texts of an entry that came from `{ env }` or `{ file }`. */
function textsBelow(value: unknown, base: ConfigPath, secretPaths: ReadonlySet<string>): string[] {
  return [...secretPaths].flatMap((text) => {
    const path = JSON.parse(text) as ConfigPath
    if (!base.every((part, i) => path[i] === part)) return []
    const secret = valueAt(value, path.slice(base.length))
    return typeof secret === "string" ? [secret] : []
  })
}

/** The same value; every text goes through `redact`. */
function redactTexts(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value)
  if (Array.isArray(value)) return value.map((inner) => redactTexts(inner, redact))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactTexts(inner, redact)]))
}

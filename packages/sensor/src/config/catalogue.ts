/** Which emulators and log handlers a configuration may name: the registries, and modules of the operator's own. */
import { isAbsolute, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { Emulator, LogHandler } from "@propolis/core"
import { emulators } from "@propolis/emulators"
import { logHandlers } from "@propolis/log-handlers"

export interface Catalogue {
  readonly emulators: readonly Emulator[]
  readonly handlers: readonly LogHandler[]
}

/** What this release carries. */
export function builtInCatalogue(): Catalogue {
  return { emulators, handlers: logHandlers }
}

/** Whether a name is a module of the operator's own: a path, or `npm:` and a package. */
export function isModuleName(name: string): boolean {
  return name.startsWith("npm:") || name.startsWith("./") || name.startsWith("../") || isAbsolute(name)
}

/**
 * Imports a module of the operator's own and gives the first of its exports that `fits`.
 * Relative paths start from `baseDir`. A changed file is read again only after a restart.
 */
export async function importFirst<T>(
  name: string,
  baseDir: string,
  fits: (value: unknown) => value is T,
): Promise<T | { readonly reason: string }> {
  const specifier = name.startsWith("npm:") ? name.slice(4) : pathToFileURL(resolve(baseDir, name)).href
  try {
    const module = (await import(specifier)) as Record<string, unknown>
    const found = [module.default, ...Object.values(module)].find(fits)
    return found ?? { reason: "the module exports nothing that fits" }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === "ERR_MODULE_NOT_FOUND") return { reason: "the module, or one that it imports, is not there" }
    return { reason: `the module cannot be loaded: ${message.split("\n")[0]}` }
  }
}

export function isEmulator(value: unknown): value is Emulator {
  const it = value as Partial<Emulator> | null | undefined
  return (
    typeof it === "object" &&
    typeof it?.name === "string" &&
    typeof it.open === "function" &&
    typeof it.transports === "object" &&
    isSchema(it.options)
  )
}

export function isLogHandler(value: unknown): value is LogHandler {
  const it = value as Partial<LogHandler> | null | undefined
  return (
    typeof it === "object" &&
    typeof it?.name === "string" &&
    typeof it.open === "function" &&
    typeof it.batch === "object" &&
    isSchema(it.options)
  )
}

/** A schema of zod 4, whichever copy of it made it. */
function isSchema(value: unknown): boolean {
  return typeof value === "object" && value !== null && "_zod" in value
}

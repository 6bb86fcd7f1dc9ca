/** Secrets outside of the configuration: a field may be `{ env: NAME }` or `{ file: PATH }`. */
import { readFileSync, statSync } from "node:fs"
import { resolve } from "node:path"
import type { ConfigPath, UnplacedFault } from "@propolis/core"

const maxSecretBytes = 65_536

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths start from. */
  readonly baseDir: string
}

/**
 * The same value with every `{ env }` and `{ file }` replaced by its text (a file's last newline is
 * cut). What cannot be had is a fault and stays `undefined`.
 */
export function resolveSecrets(
  value: unknown,
  sources: SecretSources,
): {
  readonly value: unknown
  readonly faults: readonly UnplacedFault[]
  readonly secretPaths: ReadonlySet<string>
} {
  const faults: UnplacedFault[] = []
  const secretPaths = new Set<string>()
  const visit = (at: unknown, path: ConfigPath): unknown => {
    if (Array.isArray(at)) return at.map((item, i) => visit(item, [...path, i]))
    if (typeof at !== "object" || at === null) return at
    const entries = Object.entries(at)
    const only = entries.length === 1 ? entries[0] : undefined
    if (path.length > 1 && only !== undefined && typeof only[1] === "string") {
      const [kind, from] = only as [string, string]
      if (kind === "env" || kind === "file") {
        const secret = kind === "env" ? fromEnvironment(from, sources) : fromFile(from, sources)
        secretPaths.add(JSON.stringify(path))
        if (typeof secret !== "string") faults.push({ path, reason: secret.reason })
        return typeof secret === "string" ? secret : undefined
      }
    }
    return Object.fromEntries(entries.map(([key, inner]) => [key, visit(inner, [...path, key])]))
  }
  return { value: visit(value, []), faults, secretPaths }
}

function fromEnvironment(name: string, sources: SecretSources): string | { reason: string } {
  const text = Object.hasOwn(sources.env, name) ? sources.env[name] : undefined
  return text ?? { reason: `the environment variable ${JSON.stringify(name.slice(0, 64))} is not set` }
}

function fromFile(path: string, sources: SecretSources): string | { reason: string } {
  try {
    const file = resolve(sources.baseDir, path)
    const found = statSync(file)
    if (!found.isFile()) return { reason: "the secret's file is no regular file" }
    if (found.size > maxSecretBytes)
      return { reason: `the secret's file has more than ${maxSecretBytes} bytes` }
    return readFileSync(file, "utf8").replace(/\r?\n$/, "")
  } catch (cause) {
    return {
      reason: `the secret's file cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown"})`,
    }
  }
}

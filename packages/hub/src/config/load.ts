/** Reads the `hub:` part of the YAML file that sensor and hub share: every fault at once, with its place. */
import { readFile, stat } from "node:fs/promises"
import { basename, dirname, resolve } from "node:path"
import { escapeText, type Fault, PropolisError } from "@propolis/core"
import { isNode, LineCounter, parseDocument } from "yaml"
import { type HubConfig, type HubConfigInput, hubConfigSchema } from "./schema.ts"

export interface HubFault extends Fault {
  /** From 1; undefined where there is no file. */
  readonly line: number | undefined
  readonly column: number | undefined
}

/** CONFIG_INVALID with its faults; the message lists them all. */
export class HubConfigInvalid extends PropolisError {
  readonly faults: readonly HubFault[]

  constructor(source: string, faults: readonly HubFault[]) {
    const lines = faults.map(({ path, reason, line, column }) => {
      const place = line === undefined ? source : `${source}:${line}:${column}`
      return `  ${place} ${escapeText(path)}: ${escapeText(reason)}`
    })
    const many = faults.length === 1 ? "1 fault" : `${faults.length} faults`
    super("CONFIG_INVALID", `${source} has ${many}:\n${lines.join("\n")}`)
    this.faults = faults
  }
}

const maxFileBytes = 1024 * 1024
type Locate = (path: readonly PropertyKey[]) => { line: number; column: number } | undefined

/** @throws PropolisError CONFIG_UNREADABLE, {@link HubConfigInvalid} */
export async function loadHubConfig(file: string): Promise<HubConfig> {
  let text: string
  try {
    if ((await stat(file)).size > maxFileBytes) throw new Error(`larger than ${maxFileBytes} bytes`)
    text = await readFile(file, "utf8")
  } catch (cause) {
    throw new PropolisError("CONFIG_UNREADABLE", `${file}: ${(cause as Error).message}`, { cause })
  }
  return withAbsolutePaths(parseHubConfig(text, basename(file)), dirname(resolve(file)))
}

/** The hub's part of a YAML text; what belongs to the sensor is left to it. */
export function parseHubConfig(text: string, source = "configuration"): HubConfig {
  const lineCounter = new LineCounter()
  const placeAt = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset)
    return { line, column: col }
  }
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true })
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => ({
      path: "",
      reason: `not YAML: ${error.message}`,
      ...placeAt(error.pos[0]),
    }))
    throw new HubConfigInvalid(source, faults)
  }
  const locate: Locate = (path) => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return placeAt(node.range[0])
    }
    return undefined
  }
  let whole: unknown
  try {
    whole = document.toJS({ maxAliasCount: 64 })
  } catch (cause) {
    const fault = { path: "", reason: (cause as Error).message, line: undefined, column: undefined }
    throw new HubConfigInvalid(source, [fault])
  }
  const part = typeof whole === "object" && whole !== null && "hub" in whole ? whole.hub : undefined
  return checkHubConfig((part ?? {}) as HubConfigInput, source, locate)
}

/** Checks a value and fills in the defaults. */
export function checkHubConfig(
  value: HubConfigInput,
  source = "configuration",
  locate: Locate = () => undefined,
): HubConfig {
  const parsed = hubConfigSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.flatMap((issue): HubFault[] => {
    const paths =
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
    const reason = issue.code === "unrecognized_keys" ? "unknown key" : issue.message
    return paths.map((path) => {
      const place = locate(["hub", ...path])
      const text = ["hub", ...path].map(String).join(".")
      return { path: text, reason, line: place?.line, column: place?.column }
    })
  })
  throw new HubConfigInvalid(source, faults)
}

/** Paths in a file are relative to the file. */
function withAbsolutePaths(config: HubConfig, baseDir: string): HubConfig {
  const absolute = (path: string) => resolve(baseDir, path)
  const { dataDir, tls } = config
  const { asnMmdb, countryMmdb } = config.enrich
  return {
    ...config,
    ...(dataDir !== undefined && { dataDir: absolute(dataDir) }),
    ...(tls !== undefined && { tls: { cert: absolute(tls.cert), key: absolute(tls.key) } }),
    store: { ...config.store, ...(config.store.dir !== undefined && { dir: absolute(config.store.dir) }) },
    enrich: {
      ...(asnMmdb !== undefined && { asnMmdb: absolute(asnMmdb) }),
      ...(countryMmdb !== undefined && { countryMmdb: absolute(countryMmdb) }),
    },
  }
}

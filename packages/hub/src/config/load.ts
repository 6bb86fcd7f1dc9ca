/** Reads the `hub:` part of the YAML file that sensor and hub share: every fault at once, with its place. */
import { readFile, stat } from "node:fs/promises"
import { basename, dirname, resolve } from "node:path"
import {
  ConfigInvalid,
  type ConfigPath,
  maxConfigBytes,
  type Place,
  PropolisError,
  placeFaults,
  readYaml,
  type UnplacedFault,
  unknownPartFaults,
  unplacedFaults,
} from "@propolis/core"
import * as yamlLibrary from "yaml"
import { type HubConfig, type HubConfigInput, hubConfigSchema } from "./schema.ts"

type Locate = (path: ConfigPath) => Place | undefined

/** @throws PropolisError CONFIG_UNREADABLE, {@link ConfigInvalid} */
export async function loadHubConfig(file: string): Promise<HubConfig> {
  let text: string
  try {
    if ((await stat(file)).size > maxConfigBytes) throw new Error(`larger than ${maxConfigBytes} bytes`)
    text = await readFile(file, "utf8")
  } catch (cause) {
    throw new PropolisError("CONFIG_UNREADABLE", `${file}: ${(cause as Error).message}`, { cause })
  }
  return withAbsolutePaths(parseHubConfig(text, basename(file)), dirname(resolve(file)))
}

/**
 * The hub's part of a YAML text; what belongs to the sensor is left to it.
 * @throws {@link ConfigInvalid} (CONFIG_INVALID) with all faults.
 */
export function parseHubConfig(text: string, source = "configuration"): HubConfig {
  const yaml = readYaml(text, yamlLibrary)
  const whole = yaml.value ?? {}
  const faults = [...yaml.faults]
  if (typeof whole !== "object" || Array.isArray(whole)) {
    faults.push({ path: [], reason: "is no map", expected: "a map with hub" })
  } else {
    faults.push(...unknownPartFaults(whole))
  }
  const part = (whole as { readonly hub?: HubConfigInput | null }).hub ?? {}
  return understand(part, faults, source, yaml.locate)
}

/**
 * Checks a value and fills in the defaults.
 * @throws {@link ConfigInvalid} (CONFIG_INVALID) with all faults.
 */
export function checkHubConfig(value: HubConfigInput, source = "configuration"): HubConfig {
  return understand(value, [], source, () => undefined)
}

function understand(
  part: HubConfigInput,
  earlier: readonly UnplacedFault[],
  source: string,
  locate: Locate,
): HubConfig {
  const parsed = hubConfigSchema.safeParse(part)
  if (parsed.success && earlier.length === 0) return parsed.data
  const faults = parsed.success
    ? earlier
    : [...earlier, ...unplacedFaults(hubConfigSchema, parsed.error.issues, ["hub"], part, mayBeShown)]
  throw new ConfigInvalid(source, placeFaults(faults, locate))
}

/** The store's URL may carry a password. */
function mayBeShown(path: ConfigPath): boolean {
  return path.at(-1) !== "url"
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

/** Reads `propolis.yaml`: every fault at once, each with its line and column. */
import { readFile } from "node:fs/promises"
import { basename, dirname, resolve } from "node:path"
import {
  ConfigInvalid,
  type ConfigPath,
  configParts,
  createRedactor,
  PropolisError,
  placeFaults,
  readYaml,
  suggestion,
  type UnplacedFault,
  unknownPartFaults,
  unplacedFaults,
  valueAt,
} from "@propolis/core"
import * as yamlLibrary from "yaml"
import { findPersonaTemplate, personaTemplates } from "../persona/persona.ts"
import { builtInCatalogue, type Catalogue } from "./catalogue.ts"
import type { ConfiguredHandler, ConfiguredService, SensorConfig } from "./config.ts"
import { readHandler } from "./handler-config.ts"
import { plainParts } from "./parts.ts"
import { resolveSecrets } from "./secrets.ts"
import { readService, type Understood } from "./service-config.ts"

export interface LoadOptions {
  /** Default: what this release carries. */
  readonly catalogue?: Catalogue
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Name of the source in faults. */
  readonly source?: string
  /** Folder that relative paths start from. */
  readonly baseDir?: string
  /** Wins over the configuration's `listen` (the command line's). Services that name their own address keep it. */
  readonly listen?: string
}

/**
 * The configuration of one file.
 * @throws PropolisError CONFIG_UNREADABLE; {@link ConfigInvalid} (CONFIG_INVALID) with all faults.
 */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<SensorConfig> {
  let text: string
  try {
    text = await readFile(path, "utf8")
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
    throw new PropolisError("CONFIG_UNREADABLE", `${path} cannot be read (${code})`, { cause })
  }
  return parseConfig(text, { source: basename(path), baseDir: dirname(resolve(path)), ...options })
}

/**
 * The configuration of a YAML text.
 * @throws {@link ConfigInvalid} (CONFIG_INVALID) with all faults.
 */
export async function parseConfig(text: string, options: LoadOptions = {}): Promise<SensorConfig> {
  const source = options.source ?? "configuration"
  const yaml = readYaml(text, yamlLibrary)
  const faults: UnplacedFault[] = [...yaml.faults]
  const unreadable = yaml.value === undefined && yaml.faults.length > 0
  const understood = unreadable ? undefined : await understand(yaml.value ?? {}, options)
  if (understood !== undefined) faults.push(...understood.faults)
  if (understood?.config === undefined || faults.length > 0) {
    throw new ConfigInvalid(source, placeFaults(faults, yaml.locate))
  }
  return understood.config
}

/**
 * The configuration of a value (the built-in profile, a test's).
 * @throws {@link ConfigInvalid} (CONFIG_INVALID) with all faults.
 */
export async function configFromValue(value: unknown, options: LoadOptions = {}): Promise<SensorConfig> {
  const { config, faults } = await understand(value, options)
  if (config === undefined || faults.length > 0) {
    throw new ConfigInvalid(options.source ?? "configuration", placeFaults(faults))
  }
  return config
}

const isText = (value: unknown): value is string => typeof value === "string"

type ServicePlace = NonNullable<Understood<unknown>["listens"]>

async function understand(
  raw: unknown,
  options: LoadOptions,
): Promise<{ readonly config: SensorConfig | undefined; readonly faults: readonly UnplacedFault[] }> {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return {
      config: undefined,
      faults: [{ path: [], reason: "is no map", expected: `a map with ${configParts.sensor.join(", ")}` }],
    }
  }
  const baseDir = options.baseDir ?? process.cwd()
  // The hub's part is the hub's to read: its references to secrets, too, may be none of this machine's.
  const { hub: _, ...own } = raw as Record<string, unknown>
  const secrets = resolveSecrets(own, { env: options.env ?? process.env, baseDir })
  const value = secrets.value as Record<string, unknown>
  const faults: UnplacedFault[] = [...secrets.faults, ...unknownPartFaults(own)]

  const read = <Part extends keyof typeof plainParts>(part: Part) => {
    const given = value[part] ?? (part === "listen" ? undefined : {})
    const parsed = plainParts[part].safeParse(given)
    if (parsed.success) return parsed.data as ReturnType<(typeof plainParts)[Part]["parse"]>
    faults.push(
      ...unplacedFaults(
        plainParts[part],
        parsed.error.issues,
        [part],
        given,
        (path) => path.at(-1) !== "seed",
      ),
    )
    return undefined
  }
  const sensor = read("sensor")
  const listen = options.listen ?? read("listen")
  const limits = read("limits")
  const journal = read("journal")
  const status = read("status")

  if (sensor !== undefined && findPersonaTemplate(sensor.persona) === undefined) {
    const known = personaTemplates.map((template) => template.name)
    const reason = `no persona ${JSON.stringify(sensor.persona.slice(0, 40))}`
    faults.push({ path: ["sensor", "persona"], reason, expected: suggestion(sensor.persona, known) })
  }
  const context = {
    catalogue: options.catalogue ?? builtInCatalogue(),
    baseDir,
    listen: listen ?? "127.0.0.1",
    secretPaths: secrets.secretPaths,
  }
  const services: ConfiguredService[] = []
  const places: ServicePlace[] = []
  for (const [name, entry] of entriesOf(value, "services", faults)) {
    const service = await readService(name, entry, context)
    faults.push(...service.faults)
    if (service.entry !== undefined) services.push(service.entry)
    if (service.listens !== undefined) places.push(service.listens)
  }
  const handlers: ConfiguredHandler[] = []
  for (const [name, entry] of entriesOf(value, "handlers", faults)) {
    const handler = await readHandler(name, entry, context)
    faults.push(...handler.faults)
    if (handler.entry !== undefined) handlers.push(handler.entry)
  }
  faults.push(...samePlaceFaults(places))

  const missing = secretFaultPaths(secrets.faults)
  // A secret that stands where a word of the catalogue belongs would be quoted back.
  const redact = createRedactor(
    [...secrets.secretPaths].map((path) => valueAt(value, JSON.parse(path) as ConfigPath)).filter(isText),
  )
  const told = faults
    .filter((fault) => secrets.faults.includes(fault) || !missing.has(JSON.stringify(fault.path)))
    .map((fault) => ({
      ...fault,
      reason: redact(fault.reason),
      expected: fault.expected === undefined ? undefined : redact(fault.expected),
    }))
  if (!sensor || !limits || !journal || !status || listen === undefined || told.length > 0)
    return { config: undefined, faults: told }
  return {
    faults: told,
    config: {
      sensor: {
        id: sensor.id,
        persona: sensor.persona,
        seed: sensor.seed,
        dataDir: sensor.dataDir === undefined ? undefined : resolve(baseDir, sensor.dataDir),
        captureMaxBytes: sensor.captureMaxBytes,
      },
      listen,
      limits,
      journal,
      status: { host: status.host, port: status.port === "off" ? undefined : status.port },
      services,
      handlers,
    },
  }
}

/** A secret that cannot be had makes its field missing: that is told once. */
function secretFaultPaths(faults: readonly UnplacedFault[]): ReadonlySet<string> {
  return new Set(faults.map((fault) => JSON.stringify(fault.path)))
}

function entriesOf(
  value: Record<string, unknown>,
  part: "services" | "handlers",
  faults: UnplacedFault[],
): [string, unknown][] {
  const map = value[part]
  if (map === undefined || map === null) return []
  if (typeof map !== "object" || Array.isArray(map)) {
    faults.push({ path: [part], reason: "is no map", expected: "a map from name to entry" })
    return []
  }
  return Object.entries(map)
}

/** Two enabled services that would listen at the same place; a wildcard address takes every address of its family. */
function samePlaceFaults(places: readonly ServicePlace[]): UnplacedFault[] {
  const faults: UnplacedFault[] = []
  const fixed = places.filter((place) => place.port !== 0)
  fixed.forEach((mine, i) => {
    const other = fixed.slice(0, i).find((theirs) => {
      return (
        theirs.transport === mine.transport && theirs.port === mine.port && overlaps(theirs.host, mine.host)
      )
    })
    if (other === undefined) return
    faults.push({
      path: ["services", mine.name, "port"],
      reason: `${mine.transport}:${mine.port} on ${mine.host} is taken by the service ${other.name}`,
      expected: "a port, transport or address of its own",
    })
  })
  return faults
}

function overlaps(a: string, b: string): boolean {
  const isV6 = (host: string) => host.includes(":")
  if (a === b || a === "::" || b === "::") return true
  return (a === "0.0.0.0" && !isV6(b)) || (b === "0.0.0.0" && !isV6(a))
}

/** One entry of `services`: HoneyPy's words in, a checked definition out. */
import {
  type ConfigPath,
  type Emulator,
  namePattern,
  showAll,
  showNone,
  suggestion,
  type UnplacedFault,
  unplacedFaults,
  valueAt,
} from "@propolis/core"
import { type FoundEmulator, findEmulator } from "@propolis/emulators"
import type { ServiceDefinition } from "../host/types.ts"
import { type Catalogue, importFirst, isEmulator, isModuleName } from "./catalogue.ts"
import { type ConfiguredService, defaultPort } from "./config.ts"
import { type ServicePart, servicePart } from "./parts.ts"

export interface EntryContext {
  readonly catalogue: Catalogue
  readonly baseDir: string
  /** The general `listen`. */
  readonly listen: string
}

export interface Understood<T> {
  readonly entry: T | undefined
  /** Where an enabled service would listen, also where something else about it is wrong. */
  readonly listens?: Pick<ServiceDefinition, "name" | "transport" | "host" | "port"> | undefined
  readonly faults: readonly UnplacedFault[]
}

export async function readService(
  name: string,
  value: unknown,
  context: EntryContext,
): Promise<Understood<ConfiguredService>> {
  const base: ConfigPath = ["services", name]
  if (!isMapOrNothing(value))
    return fault(base, `got ${JSON.stringify(value).slice(0, 40)}`, "a map such as { emulator: echo }")
  const faults: UnplacedFault[] = [...nameFaults(base, name)]
  const parsed = servicePart.safeParse(value ?? {})
  if (!parsed.success)
    faults.push(...unplacedFaults(servicePart, parsed.error.issues, base, value ?? {}, showAll))

  // The emulator and its options are looked at even if the rest is wrong: all faults at once.
  const named = await readEmulator(value, base, context)
  faults.push(...named.faults)
  if (named.entry === undefined) return { entry: undefined, faults }
  const { emulator } = named.entry
  const own = valueAt(value, ["options"])
  const optionsIn = isMapOrNothing(own) ? { ...named.entry.options, ...(own as object) } : own
  const options = emulator.options.safeParse(optionsIn)
  if (!options.success) {
    faults.push(
      ...unplacedFaults(emulator.options, options.error.issues, [...base, "options"], optionsIn, showNone),
    )
  }
  if (!parsed.success) return { entry: undefined, faults }
  const part = parsed.data
  const place = placeOf(part, emulator, base)
  faults.push(...place.faults)
  if (place.entry === undefined) return { entry: undefined, faults }
  const { transport, port, lowPort, tls } = place.entry
  const host = part.listen ?? context.listen
  const listens = part.enabled ? { name, transport, host, port } : undefined
  if (faults.length > 0 || !options.success) return { entry: undefined, listens, faults }
  return {
    listens,
    faults,
    entry: {
      name,
      emulator,
      enabled: part.enabled,
      description: part.description,
      lowPort,
      definition: {
        name,
        emulator,
        options: options.data,
        transport,
        host,
        port,
        tls,
        proxyFrom: part.proxy_from,
      },
    },
  }
}

/** An entry without fields may be left empty. */
export function isMapOrNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && !Array.isArray(value))
}

/** What an entry's key must look like. */
export function nameFaults(base: ConfigPath, name: string): UnplacedFault[] {
  if (namePattern.test(name)) return []
  return [
    {
      path: base,
      reason: "is no usable name",
      expected: "1 to 64 letters, digits and ._+/:- without spaces",
    },
  ]
}

async function readEmulator(
  value: unknown,
  base: ConfigPath,
  context: EntryContext,
): Promise<Understood<FoundEmulator>> {
  const byEmulator = valueAt(value, ["emulator"])
  const byPlugin = valueAt(value, ["plugin"])
  if (byEmulator !== undefined && byPlugin !== undefined) {
    return fault([...base, "plugin"], "says the same as `emulator`", "only one of emulator, plugin")
  }
  const key = byEmulator === undefined && byPlugin !== undefined ? "plugin" : "emulator"
  const name = byEmulator ?? byPlugin
  const names = context.catalogue.emulators.map((emulator) => emulator.name)
  if (name === undefined)
    return fault([...base, "emulator"], "is missing", suggestion(String(base[1]), names))
  // A wrong type is the schema's fault to tell.
  if (typeof name !== "string") return { entry: undefined, faults: [] }
  if (isModuleName(name)) {
    const found = await importFirst(name, context.baseDir, isEmulator)
    return "reason" in found
      ? fault([...base, key], found.reason, "a module that exports an emulator")
      : ok({ emulator: found, options: {} })
  }
  const found = findEmulator(name, context.catalogue.emulators)
  return found === undefined
    ? fault([...base, key], `no emulator ${JSON.stringify(name.slice(0, 40))}`, suggestion(name, names))
    : ok(found)
}

function ok<T>(entry: T): Understood<T> {
  return { entry, faults: [] }
}

function fault(path: ConfigPath, reason: string, expected?: string): Understood<never> {
  return { entry: undefined, faults: [{ path, reason, expected }] }
}

interface ServicePlace {
  readonly transport: "tcp" | "udp"
  readonly port: number
  readonly lowPort: number | undefined
  readonly tls: boolean
}

/** Transport, ports and TLS: what the entry says, then what the emulator has. */
function placeOf(part: ServicePart, emulator: Emulator, base: ConfigPath): Understood<ServicePlace> {
  const faults: UnplacedFault[] = []
  const said = [
    ["transport", part.transport],
    ["port", part.port?.transport],
    ["low_port", part.low_port?.transport],
  ] as const
  const first = said.find(([, transport]) => transport !== undefined)
  for (const [key, transport] of said) {
    if (transport !== undefined && transport !== first![1]) {
      faults.push({
        path: [...base, key],
        reason: `says ${transport} where ${first![0]} says ${first![1]}`,
        expected: "the same transport",
      })
    }
  }
  const spoken = (["tcp", "udp"] as const).filter((each) => emulator.transports[each] !== undefined)
  const transport = first?.[1] ?? spoken[0] ?? "tcp"
  if (spoken.length > 0 && !spoken.includes(transport)) {
    faults.push({
      path: [...base, first?.[0] ?? "transport"],
      reason: `${emulator.name} does not speak ${transport}`,
      expected: spoken.join(" or "),
    })
  }
  const tls = transport === "tcp" && (part.tls ?? emulator.tls ?? false)
  if (transport === "udp" && part.tls === true) {
    faults.push({
      path: [...base, "tls"],
      reason: "there is no TLS over udp",
      expected: "false, or a tcp service",
    })
  }
  if (transport === "udp" && part.proxy_from.length > 0) {
    faults.push({ path: [...base, "proxy_from"], reason: "the PROXY protocol is for tcp services only" })
  }
  const ownPort = emulator.transports[transport]
  const lowPort = part.low_port?.port ?? (part.port === undefined ? ownPort : undefined)
  if (part.low_port?.port === 0)
    faults.push({ path: [...base, "low_port"], reason: "got 0", expected: "a port from 1 to 65535" })
  const port = part.port?.port ?? (lowPort === undefined ? undefined : defaultPort(lowPort))
  if (port === undefined && faults.length > 0) return { entry: undefined, faults }
  if (port === undefined) {
    faults.push({
      path: [...base, "port"],
      reason: "is missing, and the emulator has no port of its own",
      expected: "a port or a low_port",
    })
    return { entry: undefined, faults }
  }
  return { entry: { transport, port, lowPort, tls }, faults }
}

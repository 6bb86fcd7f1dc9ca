/** A configuration as it was understood: everything checked, defaults filled in. */
import type { Emulator, LogHandler } from "@propolis/core"
import type { HostLimits, ServiceDefinition } from "../host/types.ts"
import type { EventFilter } from "../pipeline/filter.ts"

export interface ConfiguredService {
  readonly name: string
  readonly emulator: Emulator
  readonly enabled: boolean
  readonly description: string
  /** The port that attackers knock at, where rules lead it to the service's own. */
  readonly lowPort: number | undefined
  readonly definition: ServiceDefinition
}

export interface ConfiguredHandler {
  readonly name: string
  readonly enabled: boolean
  readonly handler: LogHandler
  /** Checked by the handler's schema. */
  readonly options: unknown
  /** Which events it gets; `undefined` for all. */
  readonly filter: EventFilter | undefined
  /** What nobody may read: options that the schema marks, and whatever came from `{ env }` or `{ file }`. */
  readonly secrets: readonly string[]
  /** The options with every secret taken out, for people. */
  readonly shownOptions: unknown
}

export interface SensorConfig {
  readonly sensor: {
    readonly id: string | undefined
    readonly persona: string
    readonly seed: string | undefined
    /** Absolute. */
    readonly dataDir: string | undefined
    readonly captureMaxBytes: number
  }
  readonly listen: string
  readonly limits: HostLimits
  readonly journal: { readonly maxBytes: number; readonly segmentBytes: number }
  /** `port` is `undefined` where nothing is served. */
  readonly status: { readonly host: string; readonly port: number | undefined }
  readonly services: readonly ConfiguredService[]
  readonly handlers: readonly ConfiguredHandler[]
}

/** Where a low port's traffic is led by default: 10000 above it below 1024, itself otherwise. */
export function defaultPort(lowPort: number): number {
  return lowPort > 0 && lowPort < 1_024 ? lowPort + 10_000 : lowPort
}

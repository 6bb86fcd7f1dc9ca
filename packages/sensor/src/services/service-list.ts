/** What `propolis services` shows: every emulator with its ports and options, as data. */
import { builtInCatalogue, type Catalogue } from "../config/catalogue.ts"
import { defaultPort } from "../config/config.ts"
import { inputSchema, type JsonSchema } from "../config/json-schema.ts"

export interface EmulatorListing {
  readonly name: string
  readonly title: string
  readonly interaction: string
  readonly ports: readonly {
    readonly transport: "tcp" | "udp"
    readonly lowPort: number
    readonly port: number
  }[]
  /** JSON Schema of the options. */
  readonly options: JsonSchema
}

export function listEmulators(catalogue: Catalogue = builtInCatalogue()): EmulatorListing[] {
  return catalogue.emulators.map((emulator) => ({
    name: emulator.name,
    title: emulator.title,
    interaction: emulator.interaction,
    ports: (["tcp", "udp"] as const).flatMap((transport) => {
      const lowPort = emulator.transports[transport]
      return lowPort === undefined ? [] : [{ transport, lowPort, port: defaultPort(lowPort) }]
    }),
    options: inputSchema(emulator.options),
  }))
}

/** Keeps the listeners that run in step with the services that are configured. */
import { isDeepStrictEqual } from "node:util"
import { PropolisError } from "@propolis/core"
import type { ConfiguredService } from "../config/config.ts"
import type { Host, ListeningService, ServiceDefinition } from "../host/types.ts"

export interface ServiceState {
  readonly name: string
  readonly emulator: string
  readonly description: string
  readonly transport: "tcp" | "udp"
  readonly tls: boolean
  readonly host: string
  /** The real port where it listens, the configured one otherwise. */
  readonly port: number
  readonly lowPort: number | undefined
  readonly state: "listening" | "failed" | "disabled"
  /** Why it failed. */
  readonly reason?: string | undefined
}

export interface ServiceChanges {
  readonly started: readonly string[]
  readonly stopped: readonly string[]
  readonly restarted: readonly string[]
  readonly failed: readonly string[]
}

export interface ServiceTable {
  /**
   * Stops what is no longer configured, restarts the listeners of what changed (their open sessions go on), starts
   * what is new, and tries again what failed before. A service that cannot listen is told as failed; the others run.
   * Calls run one after the other.
   */
  apply(services: readonly ConfiguredService[]): Promise<ServiceChanges>
  /** In the order of the configuration. */
  states(): readonly ServiceState[]
}

interface Row {
  configured: ConfiguredService
  listening: ListeningService | undefined
  reason: string | undefined
}

export function createServiceTable(host: Pick<Host, "listen">): ServiceTable {
  let rows = new Map<string, Row>()
  let last: Promise<unknown> = Promise.resolve()

  const reconcile = async (services: readonly ConfiguredService[]): Promise<ServiceChanges> => {
    const changes = {
      started: [] as string[],
      stopped: [] as string[],
      restarted: [] as string[],
      failed: [] as string[],
    }
    const wanted = new Map(services.map((service) => [service.name, service]))
    const stopped = new Set<string>()
    // All stops come first, so that two services can swap their ports.
    for (const [name, row] of rows) {
      const next = wanted.get(name)
      if (row.listening === undefined) continue
      if (next?.enabled && sameListener(next.definition, row.configured.definition)) continue
      await row.listening.stop()
      row.listening = undefined
      stopped.add(name)
    }
    const next = new Map<string, Row>()
    for (const [name, configured] of wanted) {
      const row: Row = { configured, listening: rows.get(name)?.listening, reason: undefined }
      next.set(name, row)
      if (!configured.enabled || row.listening !== undefined) continue
      await startListening(host, row)
      if (row.listening === undefined) changes.failed.push(name)
      else if (stopped.delete(name)) changes.restarted.push(name)
      else changes.started.push(name)
    }
    for (const name of stopped) if (!changes.failed.includes(name)) changes.stopped.push(name)
    rows = next
    return changes
  }

  return {
    apply(services) {
      const run = last.then(() => reconcile(services))
      last = run.catch(() => undefined)
      return run
    },
    states: () => [...rows.values()].map(stateOf),
  }
}

async function startListening(host: Pick<Host, "listen">, row: Row): Promise<void> {
  try {
    row.listening = await host.listen(row.configured.definition)
  } catch (error) {
    // Only what is expected of a machine: anything else is a bug and must be seen.
    if (!(error instanceof PropolisError)) throw error
    row.reason = error.message
  }
}

/** Whether a running listener already does what is wanted. */
function sameListener(a: ServiceDefinition, b: ServiceDefinition): boolean {
  return (
    a.emulator === b.emulator &&
    a.transport === b.transport &&
    a.host === b.host &&
    a.port === b.port &&
    a.tls === b.tls &&
    isDeepStrictEqual(a.proxyFrom, b.proxyFrom) &&
    isDeepStrictEqual(a.options, b.options)
  )
}

function stateOf(row: Row): ServiceState {
  const { name, emulator, description, enabled, lowPort, definition } = row.configured
  return {
    name,
    emulator: emulator.name,
    description,
    transport: definition.transport,
    tls: definition.tls,
    host: definition.host,
    port: row.listening?.port ?? definition.port,
    lowPort,
    state: row.listening !== undefined ? "listening" : enabled ? "failed" : "disabled",
    reason: row.reason,
  }
}

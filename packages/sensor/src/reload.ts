/** Reading the configuration again while the sensor runs. */
import { isDeepStrictEqual } from "node:util"
import { PropolisError } from "@propolis/core"
import type { SensorConfig } from "./config/config.ts"
import type { HandlerSet } from "./handler-set.ts"
import type { Host } from "./host/types.ts"
import type { ServiceTable } from "./services/service-table.ts"

export interface ReloadOutcome {
  /** False where the configuration has faults: nothing changed. */
  readonly applied: boolean
  /** What to tell the operator. */
  readonly lines: readonly string[]
}

export interface Reloader {
  /** Calls run one after the other. */
  reload(): Promise<ReloadOutcome>
  /** Why the last reload changed nothing; `undefined` where it was applied. */
  readonly fault: string | undefined
}

interface ReloaderParts {
  readonly config: SensorConfig
  readConfig(): Promise<SensorConfig>
  readonly host: Pick<Host, "reconfigure">
  readonly services: ServiceTable
  readonly handlers: HandlerSet
}

export function createReloader(parts: ReloaderParts): Reloader {
  let current = parts.config
  let fault: string | undefined
  let last: Promise<unknown> = Promise.resolve()

  const run = async (): Promise<ReloadOutcome> => {
    let next: SensorConfig
    try {
      next = await parts.readConfig()
    } catch (error) {
      if (!(error instanceof PropolisError)) throw error
      fault = error.message.split("\n")[0]!.replace(/:$/, "")
      return {
        applied: false,
        lines: ["The configuration was not reloaded, the running one stays.", error.message],
      }
    }
    fault = undefined
    const lines: string[] = []
    if (!isDeepStrictEqual(next.limits, current.limits)) {
      parts.host.reconfigure({ limits: next.limits })
      lines.push("Limits changed, for sessions that begin from now on.")
    }
    const services = await parts.services.apply(next.services)
    for (const [what, names] of Object.entries(services)) {
      if (names.length > 0) lines.push(`Services ${what}: ${names.join(", ")}`)
    }
    for (const state of parts.services.states()) {
      if (state.state === "failed") lines.push(`${state.name} does not listen: ${state.reason}`)
    }
    const handlers = await parts.handlers.apply(next.handlers)
    if (handlers.changed.length > 0) lines.push(`Log handlers changed: ${handlers.changed.join(", ")}`)
    const later = restartOnly.filter((part) => !isDeepStrictEqual(next[part], current[part]))
    if (later.length > 0) lines.push(`Needs a restart to take effect: ${later.join(", ")}`)
    // What needs a restart stays what it was, so that it is told again at the next reload.
    current = { ...next, ...Object.fromEntries(restartOnly.map((part) => [part, current[part]])) }
    return { applied: true, lines: ["Configuration reloaded.", ...lines] }
  }

  return {
    reload() {
      const mine = last.then(run)
      last = mine.catch(() => undefined)
      return mine
    },
    get fault() {
      return fault
    },
  }
}

const restartOnly = ["sensor", "journal", "status"] as const

/** Wires a sensor: configuration → persona → journal → host → services → log handlers → status → terminal view. */
import { join, resolve } from "node:path"
import { bytesFromText, type Persona, PropolisError } from "@propolis/core"
import { openJournal } from "@propolis/journal"
import packageJson from "../package.json" with { type: "json" }
import type { ConfiguredHandler, SensorConfig } from "./config/config.ts"
import { configFromValue, type LoadOptions, loadConfig, parseConfig } from "./config/load-config.ts"
import { type ConsoleOutput, createConsole, type SensorConsole } from "./console/console.ts"
import { createHandlerSet } from "./handler-set.ts"
import { createHost } from "./host/index.ts"
import { createPersona, findPersonaTemplate, personaCertificate } from "./persona/persona.ts"
import { openPersonaKey, openPersonaState } from "./persona/persona-state.ts"
import { startPipeline } from "./pipeline/index.ts"
import { defaultProfileText } from "./profiles/profiles.ts"
import { createReloader, type ReloadOutcome } from "./reload.ts"
import { createServiceTable, type ServiceState } from "./services/service-table.ts"
import { atMost, createClosingStack } from "./shutdown.ts"
import type { SensorStatus } from "./status/sensor-status.ts"
import { type StatusServer, startStatusServer } from "./status/status-server.ts"

export interface RunSensorOptions extends Pick<LoadOptions, "catalogue" | "env" | "listen"> {
  /** The configuration file. Without it and without `config`: the default profile. */
  readonly configPath?: string
  /** A configuration instead of a file. */
  readonly config?: SensorConfig
  /** Wins over the configuration's `sensor.dataDir`. Default: `data` in the working folder. */
  readonly dataDir?: string
  /** Log handlers beside the configured ones, as the file would have them (`{ hub: { options: … } }`); the configured win. */
  readonly addHandlers?: Readonly<Record<string, unknown>>
  /** Wins over the configuration's `status.port`; 0 takes a free one, "off" serves none. */
  readonly statusPort?: number | "off"
  /** Where lines go; `process.stdout` is one. Default: nowhere. */
  readonly out?: ConsoleOutput
  /** Whether live events are shown on `out`. Default true. */
  readonly showEvents?: boolean
  /** Calls back with each line for the operator, also without `out`. */
  readonly onLine?: (line: string) => void
}

export interface RunningSensor {
  /** The sensor's id, as its events have it. */
  readonly id: string
  readonly persona: Persona
  /** Absolute. */
  readonly dataDir: string
  /** Where /healthz and /metrics are; `undefined` where they are off or their port is in use. */
  readonly statusAddress: { readonly host: string; readonly port: number } | undefined
  services(): readonly ServiceState[]
  status(): SensorStatus
  /** Reads the configuration file again; one with faults changes nothing. */
  reload(): Promise<ReloadOutcome>
  /** Ends sessions, delivers what it can in a moment, syncs the journal; within 5 s. Idempotent. */
  close(): Promise<void>
  /** Resolves when the sensor is closed. */
  readonly closed: Promise<void>
}

const sessionGraceMs = 800
const drainMs = 1_000
const handlerCloseMs = 1_000

/**
 * Starts a sensor. A port in use does not keep it from starting: that service is told as failed.
 * @throws PropolisError CONFIG_INVALID, CONFIG_UNREADABLE, DATA_UNWRITABLE, DATA_LOCKED
 */
export async function runSensor(options: RunSensorOptions = {}): Promise<RunningSensor> {
  const startedAt = Date.now()
  const readConfig = configReader(options)
  const config = await readConfig()
  const dataDir = resolve(options.dataDir ?? config.sensor.dataDir ?? "data")
  const view = options.out === undefined ? undefined : createConsole({ out: options.out })
  const log = (message: string) => {
    view?.line(message)
    options.onLine?.(message)
  }
  const stack = createClosingStack(log)
  if (view !== undefined) stack.add("terminal view", async () => view.close())
  try {
    const state = openPersonaState(dataDir, startedAt)
    const id = config.sensor.id ?? state.sensor
    const persona = createPersona({
      template: findPersonaTemplate(config.sensor.persona)!,
      seed: config.sensor.seed === undefined ? state.seed : bytesFromText(config.sensor.seed),
      createdAt: state.createdAt,
    })
    const key = openPersonaKey(dataDir)
    const journal = await openJournal({
      dir: join(dataDir, "journal"),
      maxBytes: config.journal.maxBytes,
      segmentBytes: Math.min(config.journal.segmentBytes, Math.floor(config.journal.maxBytes / 4)),
      log,
    })
    stack.add("journal", () => journal.close())

    const pipeline = await startPipeline({
      journal,
      handlers: [],
      sensor: id,
      dataDir,
      log,
    })
    stack.add("log handlers", () => atMost(handlerCloseMs, pipeline.close()))
    stack.add("delivery", () => pipeline.drain(drainMs))
    const handlers = createHandlerSet(pipeline)
    await handlers.apply(config.handlers)

    const host = createHost({
      sensor: id,
      persona,
      journal,
      limits: config.limits,
      captureDir: join(dataDir, "captures"),
      captureMaxBytes: config.sensor.captureMaxBytes,
      tls: { key: key.pem, cert: personaCertificate(persona, key.key) },
      log,
      onEvent: view !== undefined && options.showEvents !== false ? (event) => view.event(event) : undefined,
    })
    stack.add("sessions", () => host.close(sessionGraceMs))
    const services = createServiceTable(host)
    await services.apply(config.services)

    const reloader = createReloader({ config, readConfig, host, services, handlers })
    const status = (): SensorStatus => ({
      sensor: id,
      version: packageJson.version,
      startedAt,
      services: services.states(),
      host: host.stats(),
      journal: journal.stats(),
      handlers: handlers.status(),
      reloadFault: reloader.fault,
    })
    const statusServer = await openStatus(
      options.statusPort ?? config.status.port ?? "off",
      config,
      status,
      log,
    )
    if (statusServer !== undefined) stack.add("status", () => statusServer.close())

    const closed = Promise.withResolvers<void>()
    let closing: Promise<void> | undefined
    const close = () => {
      closing ??= (async () => {
        await stack.close()
        closed.resolve()
      })()
      return closing
    }
    const reload = async () => {
      const outcome = await reloader.reload()
      for (const line of outcome.lines) log(line)
      return outcome
    }
    const running: RunningSensor = {
      id,
      persona,
      dataDir,
      statusAddress: statusServer && { host: statusServer.host, port: statusServer.port },
      services: () => services.states(),
      status,
      reload,
      close,
      closed: closed.promise,
    }
    if (view !== undefined) showStart(view, running, config)
    return running
  } catch (error) {
    await stack.close()
    throw error
  }
}

/** Reads the configuration as at the start; the caller's own handlers are added each time. */
function configReader(options: RunSensorOptions): () => Promise<SensorConfig> {
  const { catalogue, env, listen, configPath } = options
  const load: LoadOptions = {
    ...(catalogue === undefined ? {} : { catalogue }),
    ...(env === undefined ? {} : { env }),
    ...(listen === undefined ? {} : { listen }),
  }
  return async () => {
    const config =
      options.config ??
      (configPath === undefined
        ? await parseConfig(defaultProfileText(), { ...load, source: "the default profile" })
        : await loadConfig(configPath, load))
    if (options.addHandlers === undefined) return config
    const added = await configFromValue(
      { handlers: options.addHandlers },
      { ...load, source: "the added log handlers" },
    )
    return { ...config, handlers: mergeHandlers(config.handlers, added.handlers) }
  }
}

function mergeHandlers(configured: readonly ConfiguredHandler[], added: readonly ConfiguredHandler[]) {
  const names = new Set(configured.map((handler) => handler.name))
  return [...configured, ...added.filter((handler) => !names.has(handler.name))]
}

/** The status server is a convenience: a port in use is told and the sensor runs. */
async function openStatus(
  port: number | "off",
  config: SensorConfig,
  status: () => SensorStatus,
  log: (message: string) => void,
): Promise<StatusServer | undefined> {
  if (port === "off") return undefined
  try {
    return await startStatusServer({ host: config.status.host, port, status })
  } catch (error) {
    if (!(error instanceof PropolisError)) throw error
    log(`No /healthz and /metrics: ${error.message}`)
    return undefined
  }
}

function showStart(view: SensorConsole, sensor: RunningSensor, config: SensorConfig): void {
  const { id, persona, dataDir, statusAddress } = sensor
  view.line(
    `Sensor ${id} pretends to be ${persona.hostName}.${persona.domain} (${persona.system.title}); data in ${dataDir}`,
  )
  if (statusAddress !== undefined) {
    const { host, port } = statusAddress
    view.line(
      `Health and metrics: http://${host.includes(":") ? `[${host}]` : host}:${port}/healthz, /metrics`,
    )
  }
  view.table(
    ["service", "emulator", "listens on", "low port", "state"],
    sensor
      .services()
      .map((service) => [
        service.name,
        service.tls ? `${service.emulator} (TLS)` : service.emulator,
        `${service.host.includes(":") ? `[${service.host}]` : service.host}:${service.port}/${service.transport}`,
        service.lowPort === undefined ? "" : String(service.lowPort),
        service.reason === undefined ? service.state : `${service.state}: ${service.reason}`,
      ]),
  )
  const handlers = config.handlers.map((handler) => {
    const kind = handler.handler.name === handler.name ? "" : ` (${handler.handler.name})`
    return `${handler.name}${kind}${handler.enabled ? "" : ", disabled"}`
  })
  view.line(
    handlers.length === 0
      ? "No log handlers: events stay in the journal."
      : `Log handlers: ${handlers.join("; ")}`,
  )
}

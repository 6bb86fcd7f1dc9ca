/**
 * The hub as one process: journal, store, loader, retention, accounts, HTTP. Everything is opened in
 * the order of the way of one byte backwards, and closed forwards, so that nothing that was
 * acknowledged waits on something that is gone.
 *
 * The store's engine works on libuv's pool: `UV_THREADPOOL_SIZE` must be in the environment when the
 * process starts (the command `propolis` sees to it); it cannot be set from here.
 */
import { mkdir, readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { normalizeAddress, PropolisError } from "@propolis/core"
import { openJournal } from "@propolis/journal"
import type { FastifyInstance } from "fastify"
import { ensureAdministrator, openAccounts, writeAdminToken } from "./accounts/index.ts"
import { buildServer, LiveFeed } from "./api/index.ts"
import { checkHubConfig, type HubConfig, type HubConfigInput, loadHubConfig } from "./config/index.ts"
import { openEnricher } from "./enrich/index.ts"
import { guardedReads } from "./guarded-reads.ts"
import { hubHealth, hubMetrics, ingestRefusal } from "./hub-state.ts"
import { defaultIngestLimits, newIngestStats } from "./ingest/index.ts"
import { openStore, startLoader, startRetention } from "./store/index.ts"

export interface RunHubOptions {
  /** The `hub:` part as a value; or its file by `configPath`; or neither: the defaults. */
  readonly config?: HubConfigInput
  readonly configPath?: string
  /** These win over the configuration's. */
  readonly dataDir?: string
  readonly listen?: string
  readonly port?: number
  readonly anonymous?: "none" | "recent"
  /** The hub is filled with generated events, and says so. */
  readonly demo?: boolean
  readonly log: (message: string) => void
  /** Folder of the built pages. Default: packages/web/dist */
  readonly pagesDir?: string
}

export interface RunningHub {
  /** Where the pages are, as one would type it: `http://127.0.0.1:4040` */
  readonly url: string
  /** The first administrator's, until it was replaced. To be shown to whoever started the hub. */
  readonly oneTimePassword: { readonly email: string; readonly password: string } | undefined
  readonly adminTokenFile: string
  /** Answers what is open, stores what it can within the time, closes. Idempotent. */
  close(): Promise<void>
}

const closeMs = 4_000
const pruneMs = 3_600_000
const journalKeepReadBytes = 64 * 1024 * 1024
const require = createRequire(import.meta.url)

/** @throws PropolisError CONFIG_INVALID, CONFIG_UNREADABLE, DATA_UNWRITABLE, DATA_LOCKED, STORE_FAILED, LISTEN_FAILED */
export async function runHub(options: RunHubOptions): Promise<RunningHub> {
  const { log } = options
  const config = await configOf(options)
  const tls = await readTls(config)
  const dataDir = resolve(options.dataDir ?? config.dataDir ?? "data/hub")
  await makeDataDir(dataDir)

  const closers: (() => Promise<void> | void)[] = []
  const closeAll = async () => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer()
  }
  try {
    // The journal's lock comes first: a second hub on this folder ends here and has changed nothing.
    const journal = await openJournal({
      dir: join(dataDir, "journal"),
      maxBytes: config.journal.maxMiB * 1024 * 1024,
      keepReadBytes: journalKeepReadBytes,
      durableReads: true,
      log,
    })
    closers.push(() => journal.close())
    const [store, enricher, accounts] = await Promise.all([
      openStore({ ...storeOptions(config, dataDir), log }).then((opened) => {
        closers.push(() => opened.close())
        return opened
      }),
      openEnricher({ cacheDir: join(dataDir, "cache"), ...config.enrich }),
      openAccounts(join(dataDir, "accounts.sqlite")).then((opened) => {
        closers.push(() => opened.close())
        return opened
      }),
    ])
    for (const problem of enricher.problems) log(`enrichment: ${problem}`)

    const { retentionDays } = config.store
    const loader = await startLoader({
      store,
      journal,
      log,
      retentionDays,
      onLoaded: () => live.notify(),
    })
    closers.push(() => loader.stop())
    const reads = guardedReads(store)
    const live = new LiveFeed({ eventsAfter: reads.eventsAfter, watermark: () => loader.watermark(), log })
    closers.push(() => live.close())
    const retention = startRetention({ store, log, retentionDays })
    closers.push(() => retention.stop())

    const oneTimePassword = await ensureAdministrator(accounts.database, Date.now())
    const adminToken = await writeAdminToken(dataDir)
    await accounts.prune()
    const pruning = setInterval(
      () => void accounts.prune().catch((error: Error) => log(`accounts: ${error.message}`)),
      pruneMs,
    ).unref()
    closers.push(() => clearInterval(pruning))

    const ingestStats = newIngestStats()
    const state = {
      journal,
      journalMaxBytes: config.journal.maxMiB * 1024 * 1024,
      loader,
      enricher,
      ingestStats,
      live,
    }
    const server = buildServer({
      api: {
        accounts,
        adminToken,
        reads,
        live,
        mode: config.mode,
        anonymous: options.anonymous ?? config.anonymous,
        demo: options.demo ?? false,
        version: (require("../package.json") as { version: string }).version,
        attribution: enricher.attribution,
        now: Date.now,
        health: () => hubHealth(state),
        metrics: () => hubMetrics(state),
        log,
      },
      ingest: {
        journal,
        keys: accounts.keys,
        limits: defaultIngestLimits,
        stats: ingestStats,
        now: Date.now,
        enrich: enricher.lookup,
        refusal: () => ingestRefusal(state),
        log,
      },
      pagesDir: options.pagesDir ?? fileURLToPath(new URL("../../web/dist", import.meta.url)),
      trustedProxies: config.trustedProxies,
      tls,
    })
    closers.push(() => closeServer(server, live))
    const port = await listen(server, options.listen ?? config.listen, options.port ?? config.port)

    let closing: Promise<void> | undefined
    return {
      url: urlOf(options.listen ?? config.listen, port, tls !== undefined),
      oneTimePassword,
      adminTokenFile: adminToken.file,
      close() {
        closing ??= closeAll()
        return closing
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function configOf(options: RunHubOptions): Promise<HubConfig> {
  if (options.configPath !== undefined) return loadHubConfig(options.configPath)
  return checkHubConfig(options.config ?? {})
}

async function readTls(config: HubConfig): Promise<{ key: string; cert: string } | undefined> {
  if (config.tls === undefined) return undefined
  const read = async (name: "key" | "cert", file: string) => {
    try {
      return await readFile(file, "utf8")
    } catch (cause) {
      const reason = (cause as Error).message
      throw new PropolisError("CONFIG_INVALID", `hub.tls.${name}: cannot be read: ${reason}`, { cause })
    }
  }
  return { key: await read("key", config.tls.key), cert: await read("cert", config.tls.cert) }
}

async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new PropolisError("DATA_UNWRITABLE", `${dataDir}: ${(cause as Error).message}`, { cause })
  }
}

function storeOptions({ store }: HubConfig, dataDir: string) {
  const bytes = (mebibytes: number) => mebibytes * 1024 * 1024
  return {
    dir: store.dir ?? join(dataDir, "store"),
    ...(store.url !== undefined && { url: store.url }),
    ...(store.cluster !== undefined && { cluster: store.cluster }),
    ...(store.maxMemoryMiB !== undefined && { maxServerMemoryBytes: bytes(store.maxMemoryMiB) }),
    ...(store.maxQueryMemoryMiB !== undefined && { maxQueryMemoryBytes: bytes(store.maxQueryMemoryMiB) }),
  }
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await server.listen({ host, port })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
    throw new PropolisError("LISTEN_FAILED", `${host} port ${port}: ${code}`, { cause })
  }
  const address = server.server.address()
  return typeof address === "object" && address !== null ? address.port : port
}

/** Requests that are under way get their answer, within the time; streams end at once. */
async function closeServer(server: FastifyInstance, live: LiveFeed): Promise<void> {
  live.close()
  const deadline = setTimeout(() => server.server.closeAllConnections(), closeMs)
  await server.close()
  clearTimeout(deadline)
}

/** An address to listen on → an address to type. */
function urlOf(listen: string, port: number, secure: boolean): string {
  const address = normalizeAddress(listen) ?? listen
  const reachable = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address
  const host = reachable.includes(":") ? `[${reachable}]` : reachable
  return `${secure ? "https" : "http"}://${host}:${port}`
}

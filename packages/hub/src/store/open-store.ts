import { mkdir } from "node:fs/promises"
import { availableParallelism, totalmem } from "node:os"
import { join } from "node:path"
import { embeddedDialect } from "./chdb/dialect.ts"
import type { Store } from "./driver.ts"
import { migrate } from "./schema/migrate.ts"

export interface StoreOptions {
  /** Folder of the embedded engine and of rows on their way into the store; made where it is missing. */
  readonly dir: string
  /** A ClickHouse server, `http://user:password@host:8123/database`; the embedded engine where it is absent. */
  readonly url?: string
  /** With `url`: the cluster over which tables are replicated and distributed. */
  readonly cluster?: string
  readonly log: (message: string) => void
  /** Statements that can read at the same time, 1 to 8. Default 3. */
  readonly readers?: number
  /** Embedded engine, all work together. Default a quarter of the machine's memory, 0.5 to 4 GiB. */
  readonly maxServerMemoryBytes?: number
  /** One statement. Default half of the above. */
  readonly maxQueryMemoryBytes?: number
  /** One statement. Default 30 s. */
  readonly queryTimeoutMs?: number
}

const gibibyte = 1024 ** 3

/**
 * Opens the store and brings its schema up to date. The engine is loaded here and not before.
 * @throws PropolisError DATA_LOCKED where another process uses the folder, STORE_FAILED where it cannot be opened.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const maxServerMemoryBytes =
    options.maxServerMemoryBytes ?? Math.round(Math.min(4 * gibibyte, Math.max(gibibyte / 2, totalmem() / 4)))
  const limits = {
    readers: options.readers ?? Math.min(4, Math.max(2, availableParallelism() + 1)),
    maxServerMemoryBytes,
    maxQueryMemoryBytes: options.maxQueryMemoryBytes ?? Math.round(maxServerMemoryBytes / 2),
    queryTimeoutMs: options.queryTimeoutMs ?? 30_000,
  }
  const { driver, dialect } =
    options.url === undefined
      ? await openEmbedded(options.dir, limits)
      : await openServer(options, options.url, limits)
  try {
    await migrate(driver, dialect, options.log)
  } catch (error) {
    await driver.close()
    throw error
  }
  let settled = Number.MAX_SAFE_INTEGER
  return {
    ...driver,
    dialect,
    dir: options.dir,
    settledSequence: () => settled,
    settle(sequence) {
      settled = sequence
    },
  }
}

async function openEmbedded(
  dir: string,
  limits: {
    readers: number
    maxServerMemoryBytes: number
    maxQueryMemoryBytes: number
    queryTimeoutMs: number
  },
) {
  const { openChdb } = await import("./chdb/driver.ts")
  return { driver: await openChdb({ dir: join(dir, "chdb"), ...limits }), dialect: embeddedDialect }
}

async function openServer(
  options: StoreOptions,
  url: string,
  limits: { maxQueryMemoryBytes: number; queryTimeoutMs: number },
) {
  const { openClickhouseServer } = await import("./clickhouse-server/driver.ts")
  const { serverDialect } = await import("./clickhouse-server/dialect.ts")
  return { driver: await openClickhouseServer({ url, ...limits }), dialect: serverDialect(options.cluster) }
}

/** The embedded engine: chDB, ClickHouse inside this process. One writer and a few readers on one folder. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { PropolisError } from "@propolis/core"
import type { Driver, InsertRequest, Parameters, QueryOptions } from "../driver.ts"
import { collectRows, parseRows } from "../parse-rows.ts"
import { engineConfiguration } from "./configuration.ts"
import { parameterAssignments, quoteLiteral } from "./parameters.ts"
import { StatementQueue } from "./statement-queue.ts"

export interface ChdbOptions {
  /** The engine's folder; made where it is missing. One process at a time. */
  readonly dir: string
  /** Statements that can read at the same time, 1 to 8. */
  readonly readers: number
  readonly maxServerMemoryBytes: number
  readonly maxQueryMemoryBytes: number
  readonly queryTimeoutMs: number
}

/** The largest answer: a million hosts are about 70 MB. */
const maxResultBytes = 512 * 1024 * 1024

/** @throws PropolisError DATA_LOCKED where another process uses the folder. */
export async function openChdb(options: ChdbOptions): Promise<Driver> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const configFile = join(options.dir, "..", "engine.xml")
  await writeFile(configFile, engineConfiguration(options), { mode: 0o600 })
  const { Session, drainPending } = await import("chdb")
  const sessions: StatementQueue[] = []
  try {
    for (let i = 0; i <= options.readers; i++) {
      const session = new Session(options.dir, { connectionArgs: [`--config-file=${configFile}`] })
      sessions.push(new StatementQueue(session))
      // The engine's threads give way to the event loop where the system lets them (CAP_SYS_NICE).
      await session.queryAsync(
        `SET output_format_json_quote_64bit_integers = 0, max_memory_usage = ${options.maxQueryMemoryBytes}, max_block_size = 16384, os_threads_nice_value_query = 5, max_result_bytes = ${maxResultBytes}${
          i === 0 ? ", async_insert = 0, max_insert_threads = 1" : ""
        }`,
      )
      // The engine says nothing about it, but only one that may write can change the settings above.
      if (i > 0) await session.queryAsync("SET readonly = 2")
    }
  } catch (cause) {
    for (const { session } of sessions) session.close()
    await drainPending()
    throw openFailure(options.dir, cause)
  }
  const writer = sessions[0]!
  const readers = sessions.slice(1)
  let closed: Promise<void> | undefined

  const leastBusy = () => readers.reduce((best, next) => (next.depth < best.depth ? next : best))
  const read = async (sql: string, parameters: Parameters, query: QueryOptions, format: string) => {
    refuseClosed(closed)
    const timeoutMs = query.timeoutMs ?? options.queryTimeoutMs
    const assignments = [`max_execution_time = ${timeoutMs / 1000}`, ...parameterAssignments(parameters)]
    const result = await leastBusy()
      .run(async (session) => {
        query.signal?.throwIfAborted()
        await session.queryAsync(`SET ${assignments.join(", ")}`)
        return await session.queryAsync(sql, { format })
      })
      .catch(refused)
    query.signal?.throwIfAborted()
    return result.bytes()
  }

  return {
    kind: "chdb",
    async query<Row>(sql: string, parameters: Parameters = {}, query: QueryOptions = {}) {
      return await collectRows<Row>(await read(sql, parameters, query, "JSONEachRow"))
    },

    /**
     * The whole answer is read before its first row is given: starting one of chDB's own streams plans the query on the
     * event loop, which it held for up to 85 ms. The answer's size is bounded by `max_result_bytes`.
     */
    async *stream(sql: string, parameters: Parameters = {}, query: QueryOptions = {}) {
      yield* parseRows<unknown[]>(await read(sql, parameters, query, "JSONCompactEachRow"))
    },

    async insert(request: InsertRequest) {
      refuseClosed(closed)
      const sql = `INSERT INTO ${request.table} (${request.columns.join(", ")}) FROM INFILE ${quoteLiteral(request.file)} SETTINGS ${insertSettings(
        request.token,
      )} FORMAT RowBinary`
      await writer.run((session) => session.queryAsync(sql)).catch(refused)
    },

    async command(sql: string) {
      refuseClosed(closed)
      await writer.run((session) => session.queryAsync(sql)).catch(refused)
    },

    close() {
      closed ??= (async () => {
        await Promise.all(sessions.map((queue) => queue.drained()))
        for (const { session } of sessions) session.close()
        await drainPending()
      })()
      return closed
    },
  }
}

/** The token is given on every insert, and one file is one block: otherwise a repeat would not be recognised as one. */
function insertSettings(token: string): string {
  return [
    `insert_deduplication_token = ${quoteLiteral(token)}`,
    "insert_deduplicate = 1",
    "deduplicate_blocks_in_dependent_materialized_views = 1",
    "async_insert = 0",
    "max_insert_block_size = 1048576",
    "min_insert_block_size_rows = 1048576",
    "min_insert_block_size_bytes = 1073741824",
    "input_format_parallel_parsing = 0",
    "max_partitions_per_insert_block = 1",
  ].join(", ")
}

function refuseClosed(closed: Promise<void> | undefined): void {
  if (closed !== undefined) throw new PropolisError("STORE_FAILED", "the store is closed")
}

function refused(cause: unknown): never {
  if (cause instanceof PropolisError || (cause as Error).name === "AbortError") throw cause
  throw new PropolisError("STORE_FAILED", (cause as Error).message, { cause })
}

/** chDB writes the reason to standard error and throws one message for all; a folder in use is by far the likeliest. */
function openFailure(dir: string, cause: unknown): PropolisError {
  const { message } = cause as Error
  if (message.startsWith("Failed to create connection")) {
    return new PropolisError(
      "DATA_LOCKED",
      `the store at ${dir} cannot be opened: is another process using it?`,
      { cause },
    )
  }
  return new PropolisError("STORE_FAILED", `the store at ${dir} cannot be opened: ${message}`, { cause })
}

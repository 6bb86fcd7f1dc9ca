/** A ClickHouse server or cluster, through its own client over HTTP. */
import { createReadStream } from "node:fs"
import type { Readable } from "node:stream"
import { PropolisError } from "@propolis/core"
import type { Driver, InsertRequest, Parameters, QueryOptions } from "../driver.ts"
import { collectRows, parseRows } from "../parse-rows.ts"

export interface ServerOptions {
  /** `http://user:password@host:8123/database` */
  readonly url: string
  readonly maxQueryMemoryBytes: number
  readonly queryTimeoutMs: number
}

/** @throws PropolisError STORE_FAILED where the server does not answer. */
export async function openClickhouseServer(options: ServerOptions): Promise<Driver> {
  const { ClickHouseLogLevel, createClient } = await import("@clickhouse/client")
  const client = createClient({
    url: options.url,
    application: "propolis",
    // Failures are thrown, with the server's words; the client would print them too.
    log: { level: ClickHouseLogLevel.OFF },
    compression: { request: false, response: true },
    request_timeout: options.queryTimeoutMs + 30_000,
    max_open_connections: 16,
  })
  const ping = await client.ping()
  if (!ping.success) {
    await client.close()
    throw new PropolisError("STORE_FAILED", `the ClickHouse server does not answer: ${ping.error.message}`, {
      cause: ping.error,
    })
  }

  const read = async (sql: string, parameters: Parameters, query: QueryOptions, format: string) =>
    await client
      .exec({
        query: `${sql}\nFORMAT ${format}`,
        query_params: { ...parameters },
        clickhouse_settings: {
          readonly: "2",
          max_execution_time: (query.timeoutMs ?? options.queryTimeoutMs) / 1000,
          max_memory_usage: String(options.maxQueryMemoryBytes),
          max_block_size: "16384",
          output_format_json_quote_64bit_integers: 0,
          // A failure after the first rows must not look like the end of them.
          wait_end_of_query: format === "JSONEachRow" ? 1 : 0,
        },
        ...(query.signal === undefined ? {} : { abort_signal: query.signal }),
      })
      .catch(refused)

  return {
    kind: "clickhouse-server",
    async query<Row>(sql: string, parameters: Parameters = {}, query: QueryOptions = {}) {
      const { stream } = await read(sql, parameters, query, "JSONEachRow")
      const parts: Buffer[] = []
      try {
        for await (const part of stream) parts.push(part as Buffer)
      } catch (cause) {
        refused(cause)
      }
      return await collectRows<Row>(Buffer.concat(parts))
    },

    async *stream(sql: string, parameters: Parameters = {}, query: QueryOptions = {}) {
      const { stream } = await read(sql, parameters, query, "JSONCompactEachRow")
      let rest: Buffer = Buffer.alloc(0)
      try {
        for await (const part of stream) {
          const whole = rest.length === 0 ? (part as Buffer) : Buffer.concat([rest, part as Buffer])
          const end = whole.lastIndexOf(0x0a) + 1
          rest = whole.subarray(end)
          if (end > 0) yield* parseRows<unknown[]>(whole.subarray(0, end))
        }
        if (rest.length > 0) yield* parseRows<unknown[]>(rest)
      } catch (cause) {
        refused(cause)
      } finally {
        stream.destroy()
      }
    },

    async insert(request: InsertRequest) {
      const file = createReadStream(request.file, { highWaterMark: 1024 * 1024 })
      try {
        const { stream } = await client.exec({
          query: `INSERT INTO ${request.table} (${request.columns.join(", ")}) FORMAT RowBinary`,
          values: file as Readable,
          clickhouse_settings: {
            insert_deduplication_token: request.token,
            insert_deduplicate: 1,
            deduplicate_blocks_in_dependent_materialized_views: 1,
            async_insert: 0,
            max_insert_block_size: "1048576",
            min_insert_block_size_rows: "1048576",
            min_insert_block_size_bytes: "1073741824",
            input_format_parallel_parsing: 0,
            max_insert_threads: "1",
            distributed_foreground_insert: 1,
            wait_end_of_query: 1,
          },
        })
        for await (const _ of stream) {
          // The answer has no body; reading it to its end frees the connection.
        }
      } catch (cause) {
        refused(cause)
      } finally {
        file.destroy()
      }
    },

    async command(sql: string) {
      await client.command({ query: sql, clickhouse_settings: { wait_end_of_query: 1 } }).catch(refused)
    },

    async close() {
      await client.close()
    },
  }
}

function refused(cause: unknown): never {
  if (cause instanceof PropolisError || (cause as Error).name === "AbortError") throw cause
  throw new PropolisError("STORE_FAILED", (cause as Error).message, { cause })
}

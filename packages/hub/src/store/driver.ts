/**
 * The small seam between the hub and its analytics engine. One SQL dialect, ClickHouse's; two thin drivers behind it:
 * `chdb/` (the engine inside this process) and `clickhouse-server/` (a server or a cluster). Only the engine clauses of
 * the DDL differ, so the seam carries SQL texts and bound values, nothing else.
 */

import type { Dialect } from "./schema/definition.ts"

/** A bound value. Placeholders are typed in the SQL text: `{host:String}`. Bytes are bound as hex and read with `unhex`. */
export type ParameterValue = string | number | readonly string[] | readonly number[]
export type Parameters = Readonly<Record<string, ParameterValue>>

export interface QueryOptions {
  /** The engine gives up after this. Default: the store's `queryTimeoutMs`. */
  readonly timeoutMs?: number
  /** Rejects when it aborts; a stream is cancelled, a single query that already runs ends by its time limit. */
  readonly signal?: AbortSignal
}

/** One insert of one file of rows, whole or not at all where they all lie in one partition. */
export interface InsertRequest {
  readonly table: string
  readonly columns: readonly string[]
  /** A file of rows in the engine's RowBinary format. */
  readonly file: string
  /** The same token twice is one insert, in the table and in every rollup behind it. */
  readonly token: string
}

export interface Driver {
  readonly kind: "chdb" | "clickhouse-server"
  /** Small answers, as one array of objects. 64-bit integers are numbers. @throws PropolisError STORE_FAILED */
  query<Row>(sql: string, parameters?: Parameters, options?: QueryOptions): Promise<Row[]>
  /** Answers of any size: some rows at a time, each an array of columns in the order of the SELECT. */
  stream(sql: string, parameters?: Parameters, options?: QueryOptions): AsyncIterable<unknown[][]>
  insert(request: InsertRequest): Promise<void>
  /** DDL and other statements without an answer. Runs on the writer, after the inserts before it. */
  command(sql: string): Promise<void>
  /** Waits for what runs, then releases the engine. Idempotent. */
  close(): Promise<void>
}

export interface Store extends Driver {
  /** Folder of what the hub itself keeps beside the engine: rows on their way into the store. */
  readonly dir: string
  readonly dialect: Dialect
  /** The highest sequence such that everything up to it is queryable; unbounded until a loader says it. */
  settledSequence(): number
  /** Told by the loader. */
  settle(sequence: number): void
}

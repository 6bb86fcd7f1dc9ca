/** The server's driver against a server that says what it was asked: a real ClickHouse is not needed to see the requests. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Driver } from "../driver.ts"
import { events } from "../schema/events.ts"
import { rollups } from "../schema/rollups.ts"
import { serverDialect } from "./dialect.ts"
import { openClickhouseServer } from "./driver.ts"

interface Asked {
  readonly url: URL
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
}

let server: Server
let driver: Driver
let asked: Asked[]
let answer: { status: number; body: string }

beforeEach(async () => {
  asked = []
  answer = { status: 200, body: "Ok.\n" }
  server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    asked.push({
      url: new URL(request.url!, "http://server"),
      body: Buffer.concat(parts),
      headers: request.headers,
    })
    response.writeHead(answer.status, answer.status === 200 ? {} : { "x-clickhouse-exception-code": "60" })
    response.end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  driver = await openClickhouseServer({
    url: `http://reader:secret@127.0.0.1:${port}/honey`,
    maxQueryMemoryBytes: 123_456,
    queryTimeoutMs: 7_000,
  })
  asked = []
})
afterEach(async () => {
  await driver.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

describe("requests", () => {
  test("a query carries its values apart from its text, and its limits", async () => {
    answer.body = '{"host":"a","n":3}\n{"host":"b","n":4}\n'
    const rows = await driver.query(
      "SELECT host, n FROM t WHERE host = {host:String}",
      { host: "x'y" },
      { timeoutMs: 500 },
    )
    expect(rows).toEqual([
      { host: "a", n: 3 },
      { host: "b", n: 4 },
    ])
    const { url, body } = asked[0]!
    expect(body.toString()).toBe("SELECT host, n FROM t WHERE host = {host:String}\nFORMAT JSONEachRow")
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      database: "honey",
      param_host: "x\\'y",
      max_execution_time: "0.5",
      max_memory_usage: "123456",
      readonly: "2",
      output_format_json_quote_64bit_integers: "0",
    })
  })

  test("a stream gives rows however the answer is cut", async () => {
    answer.body = Array.from({ length: 30_000 }, (_, i) => `[${i},"row ${i}"]\n`).join("")
    let count = 0
    for await (const rows of driver.stream("SELECT 1")) {
      expect(rows[0]).toEqual([count, `row ${count}`])
      count += rows.length
    }
    expect(count).toBe(30_000)
  })

  test("an insert sends the file's bytes with its token", async () => {
    const dir = await mkdtemp(join(tmpdir(), "propolis-insert-"))
    const file = join(dir, "rows")
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i & 0xff))
    await writeFile(file, bytes)
    await driver.insert({ table: "events", columns: ["a", "b"], file, token: "journal-1-9-20000" })
    await rm(dir, { recursive: true })
    const { url, body } = asked[0]!
    expect(url.searchParams.get("query")).toBe("INSERT INTO events (a, b) FORMAT RowBinary")
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      insert_deduplication_token: "journal-1-9-20000",
      deduplicate_blocks_in_dependent_materialized_views: "1",
      async_insert: "0",
      wait_end_of_query: "1",
    })
    expect(body.equals(bytes)).toBe(true)
  })

  test("a refusal is an operational error with the server's words", async () => {
    answer = { status: 404, body: "Code: 60. DB::Exception: Table honey.t does not exist. (UNKNOWN_TABLE)" }
    await expect(driver.query("SELECT 1")).rejects.toMatchObject({
      code: "STORE_FAILED",
      message: expect.stringContaining("does not exist"),
    })
    await expect(driver.command("DROP TABLE t")).rejects.toMatchObject({ code: "STORE_FAILED", retry: true })
  })

  test("a server that does not answer is reported at opening", async () => {
    await expect(
      openClickhouseServer({ url: "http://127.0.0.1:9", maxQueryMemoryBytes: 1, queryTimeoutMs: 1_000 }),
    ).rejects.toMatchObject({ code: "STORE_FAILED" })
  })
})

describe("DDL of a cluster", () => {
  const dialect = serverDialect("bees")

  test("rows live in replicated tables, the plain name distributes", () => {
    const [local, distributed] = dialect.createTable(events)
    expect(local).toContain("CREATE TABLE IF NOT EXISTS events_local ON CLUSTER `bees` (")
    expect(local).toContain(
      "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/propolis/events_local', '{replica}')",
    )
    expect(local).toContain("PARTITION BY toYYYYMMDD(time) ORDER BY sequence")
    expect(local).toContain("replicated_deduplication_window = 1000")
    expect(distributed).toContain(
      "ENGINE = Distributed('bees', currentDatabase(), 'events_local', cityHash64(session))",
    )
    expect(distributed).not.toMatch(/PROJECTION|INDEX/)
  })

  test.each(rollups.map(({ table, view }) => [table.name, table, view] as const))(
    "%s",
    (name, table, view) => {
      const [local] = dialect.createTable(table)
      expect(local).toContain("ENGINE = ReplicatedAggregatingMergeTree(")
      const [sql] = dialect.createRollup(view)
      expect(sql).toContain(`TO ${name}_local AS`)
      expect(sql).toContain("FROM events_local AS events")
    },
  )

  test("a cluster's name cannot be SQL", () => {
    expect(() => serverDialect("a`; DROP")).toThrow(RangeError)
  })

  test("partitions are dropped on the whole cluster; one server has plain tables", () => {
    expect(dialect.dropPartition("events", "20260101")).toBe(
      "ALTER TABLE events_local ON CLUSTER `bees` DROP PARTITION ID '20260101'",
    )
    expect(serverDialect(undefined).createTable(events)).toHaveLength(1)
  })
})

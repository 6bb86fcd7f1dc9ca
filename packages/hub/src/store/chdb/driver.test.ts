import { spawnSync } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Driver } from "../driver.ts"
import { openChdb } from "./driver.ts"
import { parameterAssignments } from "./parameters.ts"

let dir: string
let driver: Driver
const limits = { readers: 3, maxServerMemoryBytes: 1e9, maxQueryMemoryBytes: 2e8, queryTimeoutMs: 10_000 }

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-chdb-"))
  driver = await openChdb({ dir: join(dir, "chdb"), ...limits })
})
afterAll(async () => {
  await driver.close()
  await rm(dir, { recursive: true, force: true })
})

describe("bound values", () => {
  test.each([
    ["plain", "telnet"],
    ["empty", ""],
    ["a quote", "' OR 1=1 --"],
    ["an escaped quote", "\\' OR 1=1 --"],
    ["backslashes", "a\\b\\\\c\\"],
    ["controls", "\u0000\b\f\n\r\t\u001b[31m"],
    ["a placeholder", "{host:String}"],
    ["a statement", "x'; DROP TABLE events; SELECT '"],
    ["a comment", "/* -- #"],
    ["not Latin", "\u202e日本\u{1f41d}"],
    ["NULL", "\\N"],
  ])("%s comes back as it went in", async (_, value) => {
    expect(await driver.query("SELECT {value:String} AS value", { value })).toEqual([{ value }])
    expect(
      await driver.query("SELECT {values:Array(String)} AS values", { values: [value, "x", value] }),
    ).toEqual([{ values: [value, "x", value] }])
  })

  test("statements that run at the same time do not see each other's values", async () => {
    const numbers = Array.from({ length: 60 }, (_, i) => i)
    const answers = await Promise.all(
      numbers.map((n) => driver.query("SELECT {n:UInt64} AS n, {text:String} AS text", { n, text: `t${n}` })),
    )
    expect(answers).toEqual(numbers.map((n) => [{ n, text: `t${n}` }]))
  })

  test.each([
    ["a name that is none", { "a = 1, readonly": 0 }],
    ["a fraction", { n: 0.5 }],
    ["beyond 2^53", { n: 2 ** 53 }],
  ])("%s is refused", (_, parameters) => {
    expect(() => parameterAssignments(parameters)).toThrow(RangeError)
  })
})

describe("limits", () => {
  test("a query ends at its time limit, and the next one runs", async () => {
    const endless = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"
    await expect(driver.query(endless, {}, { timeoutMs: 200 })).rejects.toMatchObject({
      code: "STORE_FAILED",
    })
    expect(await driver.query("SELECT 1 AS one")).toEqual([{ one: 1 }])
  })

  test("a query ends at its memory limit", async () => {
    const hungry = "SELECT length(groupArray(toString(number))) AS n FROM numbers(100000000)"
    await expect(driver.query(hungry)).rejects.toThrow(/MEMORY_LIMIT|memory limit/i)
  })

  test("a reader cannot write", async () => {
    await driver.command("CREATE TABLE IF NOT EXISTS kept (n UInt8) ENGINE = MergeTree ORDER BY n")
    await expect(driver.query("DROP TABLE kept")).rejects.toMatchObject({ code: "STORE_FAILED" })
    expect(await driver.query("SELECT count() AS n FROM kept")).toEqual([{ n: 0 }])
  })
})

test("64-bit numbers are numbers, a large answer comes some rows at a time", async () => {
  expect(await driver.query("SELECT toUInt64(9007199254740991) AS n")).toEqual([
    { n: Number.MAX_SAFE_INTEGER },
  ])
  let count = 0
  let parts = 0
  for await (const rows of driver.stream("SELECT number, toString(number) FROM numbers({n:UInt64})", {
    n: 50_000,
  })) {
    expect(rows[0]).toEqual([count, String(count)])
    count += rows.length
    parts++
  }
  expect(count).toBe(50_000)
  expect(parts).toBeGreaterThan(3)
})

test("a folder that another process uses is refused by name", () => {
  const script = `import { openChdb } from ${JSON.stringify(join(import.meta.dirname, "driver.ts"))}
    openChdb(${JSON.stringify({ dir: join(dir, "chdb"), ...limits })}).then(
      () => console.log("opened"), (error) => { console.log(error.code); process.exit(0) })`
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })
  expect(stdout.trim()).toBe("DATA_LOCKED")
})

test("importing the hub does not load the engine: 550 MB that only an opened store needs", () => {
  const script = `await import(${JSON.stringify(join(import.meta.dirname, "..", "..", "index.ts"))})
    console.log(process.report.getReport().sharedObjects.filter((path) => /chdb/.test(path)).length)`
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })
  expect(stdout.trim()).toBe("0")
})

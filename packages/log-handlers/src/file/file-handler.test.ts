import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { bytesFromText, decodeEvent, type OpenLogHandler } from "@propolis/core"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { fileLogHandler } from "./file-handler.ts"
import { honeypyLine } from "./honeypy-line.ts"

const never = new AbortController().signal
const dayMs = 86_400_000

async function idsIn(dir: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => name.startsWith("events.ndjson")).sort()
  // The current file has no stamp: it is the newest.
  names.push(...names.splice(0, names[0] === "events.ndjson" ? 1 : 0))
  const ids: string[] = []
  for (const name of names) {
    const bytes = await readFile(join(dir, name))
    const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()
    for (const line of text.split("\n").slice(0, -1)) ids.push(decodeEvent(line).id)
  }
  return ids
}

describeLogHandler("file", async (dir) => ({
  handler: fileLogHandler,
  options: {},
  delivered: () => idsIn(dir),
  async breakPeer() {
    const path = join(dir, "events.ndjson")
    await rename(path, join(dir, "aside"))
    await mkdir(path)
    return async () => {
      await rm(path, { recursive: true })
      await rename(join(dir, "aside"), path)
    }
  },
  stop: async () => {},
}))

async function withHandler(
  options: object,
  run: (dir: string, handler: OpenLogHandler, clock: { now: number }) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-file-"))
  const clock = { now: Date.parse("2026-11-22T10:00:00Z") }
  const ports = { now: () => clock.now, log: () => {}, sensor: "s", dataDir: dir }
  const handler = await fileLogHandler.open(fileLogHandler.options.parse(options), ports)
  try {
    await run(dir, handler, clock)
  } finally {
    await handler.close()
    await rm(dir, { recursive: true, force: true })
  }
}

describe("rotation", () => {
  it("by size keeps every event, in order, in files within the size", () =>
    withHandler({ maxBytes: 5_000, keep: 100, compress: false }, async (dir, handler, clock) => {
      for (let n = 0; n < 40; n++) {
        await handler.deliver(batchOf(n, oddEvents(n * 5, 5)), never)
        clock.now += n % 3 === 0 ? 0 : 1_000
      }
      expect(await idsIn(dir)).toEqual(oddEvents(0, 200).map((event) => event.id))
      const names = await readdir(dir)
      expect(names.length).toBeGreaterThan(5)
      for (const name of names) expect((await readFile(join(dir, name))).length).toBeLessThanOrEqual(5_000)
    }))

  it("by day begins a new file, compresses the old one, and keeps so many", () =>
    withHandler({ keep: 3 }, async (dir, handler, clock) => {
      for (let day = 0; day < 6; day++) {
        await handler.deliver(batchOf(day * 2, oddEvents(day * 2, 1)), never)
        await handler.deliver(batchOf(day * 2 + 1, oddEvents(day * 2 + 1, 1)), never)
        clock.now += dayMs
      }
      await expect
        .poll(async () => (await readdir(dir)).sort())
        .toEqual([
          "events.ndjson",
          "events.ndjson.20261125T100000Z.gz",
          "events.ndjson.20261126T100000Z.gz",
          "events.ndjson.20261127T100000Z.gz",
        ])
      expect(await idsIn(dir)).toEqual(oddEvents(4, 8).map((event) => event.id))
    }))

  it("goes on in a new file when another program moved the file away", () =>
    withHandler({}, async (dir, handler) => {
      await handler.deliver(batchOf(1, oddEvents(0, 2)), never)
      await rename(join(dir, "events.ndjson"), join(dir, "moved"))
      await handler.deliver(batchOf(2, oddEvents(2, 2)), never)
      expect((await readFile(join(dir, "moved"), "utf8")).split("\n").length).toBe(3)
      expect(await idsIn(dir)).toEqual(oddEvents(2, 2).map((event) => event.id))
    }))

  it("finishes what an earlier process left half compressed", async () => {
    const dir = await mkdtemp(join(tmpdir(), "propolis-file-"))
    await writeFile(join(dir, "events.ndjson.20261101T000000Z"), "{}\n")
    await writeFile(join(dir, "events.ndjson.20261101T000000Z.gz.tmp"), "half")
    await writeFile(join(dir, "events.ndjson.notes"), "not ours")
    const ports = { now: Date.now, log: () => {}, sensor: "s", dataDir: dir }
    const handler = await fileLogHandler.open(fileLogHandler.options.parse({}), ports)
    await expect
      .poll(async () => (await readdir(dir)).sort())
      .toEqual(["events.ndjson", "events.ndjson.20261101T000000Z.gz", "events.ndjson.notes"])
    await handler.close()
    await rm(dir, { recursive: true, force: true })
  })
})

describe("formats", () => {
  it("keep only the kinds of events that were asked for, byte for byte", () =>
    withHandler({ events: ["INFO"] }, async (dir, handler) => {
      await handler.deliver(batchOf(1, oddEvents(0, 60)), never)
      const infos = oddEvents(0, 60).filter((event) => event.event === "INFO")
      expect(infos.length).toBe(10)
      const text = await readFile(join(dir, "events.ndjson"))
      expect(text.equals(Buffer.from(batchOf(1, infos).ndjson))).toBe(true)
    }))

  it("honeypy is read by the rules of HoneyPy's followers", () =>
    withHandler({ format: "honeypy" }, async (dir, handler) => {
      const events = oddEvents(0, 60)
      await handler.deliver(batchOf(1, events), never)
      const lines = (await readFile(join(dir, "honeypy.log"), "utf8")).split("\n").slice(0, -1)
      const known = events.filter((event) => ["CONNECT", "RX", "TX"].includes(event.event))
      expect(lines.length).toBe(known.length)
      for (const [i, line] of lines.entries()) {
        const event = known[i]!
        // As lib/honeypy_logtail.py: split at white space; the source is one word for TCP, two for UDP.
        const parts = line.split(/\s+/)
        const [clock, microseconds, zone] = parts[1]!.split(",")
        const time = new Date(
          `${parts[0]}T${clock}.${microseconds!.slice(0, 3)}${zone!.slice(0, 3)}:${zone!.slice(3)}`,
        )
        expect(time.getTime()).toBe(event.time)
        expect(microseconds).toHaveLength(6)
        expect(parts[2]).not.toBe("[-]")
        const rest = parts.slice(event.protocol === "UDP" ? 4 : 3)
        const data = Buffer.from(event.data).toString("hex")
        expect(rest).toEqual([
          event.session,
          event.protocol,
          event.event,
          "127.0.0.1",
          "10023",
          event.service,
          event.remoteHost,
          String(event.remotePort),
          ...(data === "" ? [] : [data]),
        ])
      }
    }))

  it("honeypy writes what was understood as the data of INFO where INFO is asked for", () => {
    const event = { ...oddEvents(0, 1)[0]!, event: "INFO" as const, attributes: { username: "root \u202e" } }
    const data = honeypyLine(event).trimEnd().split(" ").at(-1)!
    expect(Buffer.from(data, "hex").equals(bytesFromText('{"username":"root \u202e"}'))).toBe(true)
  })
})

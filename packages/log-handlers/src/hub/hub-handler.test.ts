import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { OpenLogHandler } from "@propolis/core"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { retryAfterMs } from "../http/retry-after.ts"
import { type Behaviour, type FakeHub, startFakeHub } from "./hub-fixture.ts"
import { hubLogHandler } from "./hub-handler.ts"

const never = new AbortController().signal
const secret = "sensor-key-that-nobody-may-see"
const idsOf = (first: number, count: number) => oddEvents(first, count).map((event) => event.id)
const answer =
  (status: number, body = "", headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(status, headers).end(body)
  }

describeLogHandler("hub", async () => {
  const hub = await startFakeHub()
  return {
    handler: hubLogHandler,
    options: { url: hub.url, apiId: "id", apiKey: secret },
    delivered: async () => hub.stored,
    async breakPeer() {
      hub.always = answer(500)
      return async () => {
        hub.always = undefined
      }
    },
    stallPeer() {
      hub.always = () => {}
    },
    stop: () => hub.stop(),
  }
})

describe("the hub log handler", () => {
  let dir: string
  let hub: FakeHub
  let logs: string[]
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "propolis-hub-"))
    hub = await startFakeHub()
    logs = []
  })
  afterEach(async () => {
    await hub.stop()
    await rm(dir, { recursive: true, force: true })
  })
  const open = (options: object = {}): Promise<OpenLogHandler> => {
    const parsed = hubLogHandler.options.parse({
      url: `${hub.url}/`,
      apiId: "id",
      apiKey: secret,
      ...options,
    })
    return hubLogHandler.open(parsed, {
      now: () => 1_000_000,
      log: (message) => logs.push(message),
      sensor: "s",
      dataDir: dir,
    })
  }

  it.each(["zstd", "gzip", "none"])(
    "sends NDJSON with %s, id and key in headers, over kept connections",
    async (compression) => {
      const handler = await open({ compression })
      for (let n = 0; n < 5; n++) await handler.deliver(batchOf(n, oddEvents(n * 10, 10)), never)
      expect(hub.stored).toEqual(idsOf(0, 50))
      expect(hub.connections).toBeLessThan(5)
      for (const { headers } of hub.requests) {
        expect(headers).toMatchObject({
          "x-honeydb-apiid": "id",
          "x-honeydb-apikey": secret,
          "content-type": "application/x-ndjson",
        })
        expect(headers["content-encoding"]).toBe(compression === "none" ? undefined : compression)
      }
    },
  )

  it("reports refused lines by index, and ignores lines that are not in the batch", async () => {
    const rejected = [
      { line: 1, reason: "a" },
      { line: 3, reason: "b" },
      { line: 4, reason: "c" },
    ]
    hub.next.push(answer(200, JSON.stringify({ status: "Success", accepted: 1, rejected })))
    const handler = await open()
    expect(await handler.deliver(batchOf(1, oddEvents(0, 3)), never)).toEqual({
      rejected: [
        { index: 0, reason: "a" },
        { index: 2, reason: "b" },
      ],
    })
  })

  it.each<[string, Behaviour, string]>([
    [
      "an answer that breaks off",
      (_, response) => {
        response.writeHead(200, { "content-length": "1000" }).write('{"status":"Succ')
        setTimeout(() => response.destroy(), 20)
      },
      "HUB_UNREACHABLE",
    ],
    ["no answer in time", () => {}, "HUB_UNREACHABLE"],
    [
      "an answer that never ends",
      (_, response) => {
        response.writeHead(200).write("{")
      },
      "HUB_UNREACHABLE",
    ],
    ["a connection that dies at once", (_, response) => response.destroy(), "HUB_UNREACHABLE"],
    ["a page of someone else", answer(200, "<html>Sign in</html>"), "DELIVERY_FAILED"],
    ["a success without counts", answer(200, '{"status":"Success"}'), "DELIVERY_FAILED"],
    [
      "a redirect, which is not followed",
      answer(307, "", { location: "http://127.0.0.1:1/" }),
      "DELIVERY_FAILED",
    ],
    ["not found", answer(404), "DELIVERY_FAILED"],
    ["an error with control characters", answer(500, "\u001b[2J\u202e"), "DELIVERY_FAILED"],
  ])("tries again after %s, without telling the key", async (_, behaviour, code) => {
    const handler = await open({ timeoutMs: 150 })
    hub.next.push(behaviour)
    const batch = batchOf(1, oddEvents(0, 4))
    const error = await handler.deliver(batch, never).catch((cause: Error) => cause)
    expect(error).toMatchObject({ code, retry: true })
    expect(String((error as Error).message)).not.toMatch(/[\u001b\u202e]/)
    expect(JSON.stringify([error, (error as Error).message, logs])).not.toContain(secret)
    await handler.deliver(batch, never)
    expect(hub.stored).toEqual(idsOf(0, 4))
  })

  it("sends the same batch again when the hub stored it and the answer was lost", async () => {
    const handler = await open()
    hub.next.push((batch, response) => {
      response.end = () => response
      batch.accept()
      response.destroy()
    })
    const batch = batchOf(1, oddEvents(0, 4))
    await expect(handler.deliver(batch, never)).rejects.toMatchObject({ code: "HUB_UNREACHABLE" })
    expect(hub.stored).toEqual(idsOf(0, 4))
    await handler.deliver(batch, never)
    expect(hub.requests.map((request) => request.ids)).toEqual([idsOf(0, 4), idsOf(0, 4)])
    expect(hub.stored).toEqual(idsOf(0, 4))
  })

  it.each([429, 503])("waits as long as the hub asks on %i", async (status) => {
    const handler = await open()
    hub.next.push(answer(status, "", { "retry-after": "7" }))
    await expect(handler.deliver(batchOf(1, oddEvents(0, 1)), never)).rejects.toMatchObject({
      code: "DELIVERY_FAILED",
      retryAfterMs: 7_000,
    })
  })

  it.each([401, 403])(
    "on %i tells the operator, loses nothing, tries slowly, and takes a new key from its file",
    async (status) => {
      await writeFile(join(dir, "key"), "old\n")
      const handler = await open({ apiKey: undefined, apiKeyFile: "key" })
      hub.always = ({ request, accept }, response) => {
        if (request.headers["x-honeydb-apikey"] === "new") accept()
        else response.writeHead(status).end()
      }
      const batch = batchOf(1, oddEvents(0, 2))
      const refused = { code: "DELIVERY_FAILED", retry: true, retryAfterMs: 60_000 }
      await expect(handler.deliver(batch, never)).rejects.toMatchObject(refused)
      await rm(join(dir, "key"))
      await expect(handler.deliver(batch, never)).rejects.toMatchObject(refused)
      await expect(handler.deliver(batch, never)).rejects.toThrow("refuses the credentials")
      await writeFile(join(dir, "key"), "new\n")
      await expect(handler.deliver(batch, never)).rejects.toMatchObject(refused)
      await handler.deliver(batch, never)
      expect(hub.stored).toEqual(idsOf(0, 2))
    },
  )

  it("halves the batch on 413 until it fits; an event that is too large alone is refused for good", async () => {
    const [, , , giant] = idsOf(0, 20)
    hub.always = ({ ids, accept }, response) => {
      if (ids.length > 3 || ids.includes(giant!)) response.writeHead(413).end()
      else accept()
    }
    const handler = await open()
    const report = await handler.deliver(batchOf(1, oddEvents(0, 20)), never)
    expect(report?.rejected).toEqual([{ index: 3, reason: expect.stringContaining("too large") }])
    expect(hub.stored).toEqual(idsOf(0, 20).filter((id) => id !== giant))
  })

  it("does not send again the part of a batch that the hub took", async () => {
    const handler = await open()
    hub.next.push(answer(413), ({ accept }) => accept(), answer(503))
    const batch = batchOf(1, oddEvents(0, 8))
    await expect(handler.deliver(batch, never)).rejects.toMatchObject({ code: "DELIVERY_FAILED" })
    await handler.deliver(batch, never)
    const taken = hub.requests.slice(3).flatMap((request) => request.ids)
    expect(taken).toEqual(idsOf(4, 4))
    expect(hub.stored).toEqual(idsOf(0, 8))
  })

  it("falls back to gzip on 415, and remembers it", async () => {
    hub.always = ({ request, accept }, response) => {
      if (request.headers["content-encoding"] === "gzip") accept()
      else response.writeHead(415).end()
    }
    const handler = await open()
    await handler.deliver(batchOf(1, oddEvents(0, 2)), never)
    await handler.deliver(batchOf(2, oddEvents(2, 2)), never)
    expect(hub.requests.map(({ headers }) => headers["content-encoding"])).toEqual(["zstd", "gzip", "gzip"])
    expect(logs).toEqual(["the hub does not take zstd, going on with gzip"])
  })

  it("tries again later where not even plain NDJSON is taken", async () => {
    hub.always = answer(415)
    const handler = await open()
    await expect(handler.deliver(batchOf(1, oddEvents(0, 2)), never)).rejects.toMatchObject({ retry: true })
  })

  it("does not open without its key", async () => {
    await expect(open({ apiKey: undefined, apiKeyFile: "none" })).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
    })
    await writeFile(join(dir, "key"), "two\nlines")
    await expect(open({ apiKey: undefined, apiKeyFile: "key" })).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
    })
  })
})

describe("options of the hub log handler", () => {
  const base = { url: "https://hub.example", apiId: "id", apiKey: "key" }
  it.each([
    ["no key", { ...base, apiKey: undefined }],
    ["two keys", { ...base, apiKeyFile: "key" }],
    ["a key with a line break", { ...base, apiKey: "a\r\nhost: b" }],
    ["no URL", { ...base, url: "hub" }],
    ["another scheme", { ...base, url: "ftp://hub.example" }],
    ["a password in the URL", { ...base, url: "https://me:pass@hub.example" }],
    ["an unknown option", { ...base, apikey: "x" }],
  ])("refuse %s", (_, options) => {
    expect(hubLogHandler.options.safeParse(options).success).toBe(false)
  })
  it("have defaults", () => {
    expect(hubLogHandler.options.parse(base)).toMatchObject({ compression: "zstd", timeoutMs: 30_000 })
  })
})

describe("Retry-After", () => {
  it.each([
    [undefined, undefined],
    ["12", 12_000],
    ["-1", undefined],
    ["Thu, 01 Jan 1970 00:00:05 GMT", 4_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", undefined],
  ])("%j is %j ms", (header, expected) => {
    expect(retryAfterMs(header, 1_000)).toBe(expected)
  })
})

import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { PropolisError } from "@propolis/core"
import { afterEach, describe, expect, test } from "vitest"
import type { AcceptedEvent } from "../accepted-event.ts"
import { startTestServer, type TestServer, type TestServerOptions } from "../test-server.ts"
import { wireEvent } from "./test-event.ts"

let hub: TestServer
afterEach(() => hub.close())

const line = (change: Record<string, unknown> = {}) => `${JSON.stringify(wireEvent(change))}\n`

async function start(options?: TestServerOptions) {
  hub = await startTestServer(options)
  return hub
}

function post(payload: string | Buffer, headers: Record<string, string> = {}) {
  return hub.server.inject({
    method: "POST",
    url: "/api/v2/events",
    payload,
    headers: {
      "content-type": "application/x-ndjson",
      "x-honeydb-apiid": hub.apiId,
      "x-honeydb-apikey": hub.sensorKey,
      ...headers,
    },
  })
}

async function journaled(): Promise<AcceptedEvent[]> {
  const cursor = await hub.journal.cursor("test")
  const events: AcceptedEvent[] = []
  for (;;) {
    const slice = await cursor.read({ maxRecords: 10_000, maxBytes: 64 * 1024 * 1024 })
    if (slice === undefined) return events
    const text = Buffer.from(slice.ndjson).toString()
    for (const each of text.trimEnd().split("\n")) events.push(JSON.parse(each) as AcceptedEvent)
  }
}

describe("a batch", () => {
  test.each([
    ["identity", (body: string) => Buffer.from(body)],
    ["gzip", (body: string) => gzipSync(body)],
    ["zstd", (body: string) => zstdCompressSync(body)],
  ])("in %s is journaled before it is answered", async (coding, encode) => {
    await start()
    const answer = await post(encode(line({ seq: 1 }) + line({ seq: 2 })), { "content-encoding": coding })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ status: "Success", accepted: 2, rejected: [] })
    expect((await journaled()).map((event) => [event.seq, event.account])).toEqual([
      [1, 1],
      [2, 1],
    ])
  })

  test("with bad lines keeps the others, and names each by number and reason", async () => {
    await start()
    const body = [
      line().trim(),
      "not json",
      "",
      line({ service: "with space" }).trim(),
      `"${"x".repeat(1024 * 1024 + 1)}"`,
      `${line({ seq: 9 }).trim()}\r`,
      line({ bytes: 1 }).trim(),
    ].join("\n")
    const answer = (await post(body)).json()
    expect(answer.accepted).toBe(2)
    expect(answer.rejected.map((each: { line: number }) => each.line)).toEqual([2, 4, 5, 7])
    expect(answer.rejected[1].reason).toMatch(/^service: /)
    expect((await journaled()).map((event) => event.seq)).toEqual([1, 9])
  })

  test("of many lines is kept whole and in order", async () => {
    await start()
    const body = Array.from({ length: 12_000 }, (_, seq) => line({ seq })).join("")
    expect((await post(zstdCompressSync(body), { "content-encoding": "zstd" })).json().accepted).toBe(12_000)
    const seqs = (await journaled()).map((event) => event.seq)
    expect(seqs).toEqual(Array.from({ length: 12_000 }, (_, seq) => seq))
  })

  test("that is empty is a success with nothing accepted", async () => {
    await start()
    expect((await post("\n")).json()).toEqual({ status: "Success", accepted: 0, rejected: [] })
  })
})

describe("refused from the headers", () => {
  test("a wrong id, a wrong key, a read key, no key at all", async () => {
    await start()
    const refused = [
      await post(line(), { "x-honeydb-apiid": "0".repeat(32) }),
      await post(line(), { "x-honeydb-apikey": `${hub.sensorKey.slice(0, -1)}x` }),
      await post(line(), { "x-honeydb-apikey": hub.readKey }),
      await post(line(), { "x-honeydb-apikey": "" }),
    ]
    for (const answer of refused) {
      expect(answer.statusCode).toBe(401)
      expect(answer.json()).toEqual({ status: "Invalid API Credentials" })
    }
    expect(await journaled()).toEqual([])
  })

  test("a revoked key", async () => {
    await start()
    expect((await post(line())).statusCode).toBe(200)
    const { keys } = await hub.accounts.keys.list(1)
    const sensorKey = keys.find((key) => key.kind === "sensor")!
    expect(sensorKey.lastUsedAt).not.toBeNull()
    await hub.accounts.keys.revoke({ accountId: 1, keyId: sensorKey.id }, { actor: "test", address: "" })
    expect((await post(line())).statusCode).toBe(401)
  })

  test("codings and media types that are not understood", async () => {
    await start()
    expect((await post(line(), { "content-encoding": "br" })).statusCode).toBe(415)
    const form = await post(line(), { "content-type": "application/x-www-form-urlencoded" })
    expect(form.statusCode).toBe(415)
    expect(form.json()).toHaveProperty("status")
  })

  test("everything while the store is behind, with the time to wait", async () => {
    await start({ refusal: () => "The store is behind" })
    const answer = await post(line())
    expect(answer.statusCode).toBe(503)
    expect(answer.headers["retry-after"]).toBe("2")
    expect(answer.json()).toEqual({ status: "The store is behind" })
  })
})

describe("bodies that are too much", () => {
  test("as received", async () => {
    await start({ limits: { maxBodyBytes: 1_000 } })
    const answer = await post("x".repeat(1_001))
    expect(answer.statusCode).toBe(413)
    expect(answer.json()).toHaveProperty("status")
  })

  test.each([
    ["gzip", gzipSync(Buffer.alloc(50_000_000))],
    ["zstd", zstdCompressSync(Buffer.alloc(50_000_000))],
  ])("as a %s bomb", async (coding, bomb) => {
    await start({ limits: { maxBatchBytes: 1_000_000 } })
    const answer = await post(bomb, { "content-encoding": coding })
    expect(answer.statusCode).toBe(413)
    expect(await journaled()).toEqual([])
  })

  test("damaged ones are told apart", async () => {
    await start()
    const whole = gzipSync(line())
    const answer = await post(whole.subarray(0, whole.length - 10), { "content-encoding": "gzip" })
    expect(answer.statusCode).toBe(400)
    expect((await post("no zstd", { "content-encoding": "zstd" })).statusCode).toBe(400)
  })
})

test("a full disk is a 503: the sensor keeps its events and comes back", async () => {
  await start({
    journal: { appendDurable: () => Promise.reject(new PropolisError("JOURNAL_FULL", "no space")) },
  })
  const answer = await post(line())
  expect(answer.statusCode).toBe(503)
  expect(answer.headers["retry-after"]).toBe("2")
})

test("more batches at once than there are places are asked to wait", async () => {
  const writes: (() => void)[] = []
  const gate = { maxReceiving: 64, maxReceivingPerKey: 16, maxProcessing: 2 }
  await start({
    limits: { gate },
    journal: { appendDurable: () => new Promise((resolve) => writes.push(() => resolve(1))) },
  })
  const held = [post(line()), post(line())]
  await expect.poll(() => writes.length).toBe(2)
  expect((await post(line())).statusCode).toBe(503)
  for (const write of writes) write()
  expect((await Promise.all(held)).map((answer) => answer.statusCode)).toEqual([200, 200])
  const next = post(line())
  await expect.poll(() => writes.length).toBe(3)
  writes[2]!()
  expect((await next).statusCode).toBe(200)
})

describe("over a real socket", () => {
  async function listen(options: TestServerOptions): Promise<number> {
    await start(options)
    await hub.server.listen({ host: "127.0.0.1", port: 0 })
    return (hub.server.server.address() as { port: number }).port
  }

  function begin(port: number, contentLength = 1_000): Socket {
    const socket = connect(port, "127.0.0.1")
    socket.on("error", () => {})
    socket.write(
      `POST /api/v2/events HTTP/1.1\r\nhost: x\r\nx-honeydb-apiid: ${hub.apiId}\r\n` +
        `x-honeydb-apikey: ${hub.sensorKey}\r\ncontent-type: application/x-ndjson\r\ncontent-length: ${contentLength}\r\n\r\n{`,
    )
    return socket
  }

  test("a client that stops in the middle is timed out, and its place is free again", async () => {
    const gate = { maxReceiving: 4, maxReceivingPerKey: 1, maxProcessing: 2 }
    const timeouts = { headersMs: 300, requestMs: 300, checkMs: 50 }
    const port = await listen({ limits: { gate }, server: { timeouts } })
    const slow = begin(port)
    slow.setEncoding("utf8")
    let heard = ""
    slow.on("data", (text: string) => {
      heard += text
    })
    await expect.poll(async () => (await post(line())).statusCode).toBe(503)
    await once(slow, "close")
    expect(heard).toContain("HTTP/1.1 408")
    expect(heard).toContain('{"status":')
    await expect.poll(async () => (await post(line())).statusCode).toBe(200)
  })

  test("a client that goes away in the middle gives its place back", async () => {
    const gate = { maxReceiving: 1, maxReceivingPerKey: 1, maxProcessing: 1 }
    const port = await listen({ limits: { gate } })
    const gone = begin(port)
    await expect.poll(async () => (await post(line())).statusCode).toBe(503)
    gone.destroy()
    await expect.poll(async () => (await post(line())).statusCode).toBe(200)
  })

  test("a stranger is answered before the body has come", async () => {
    const port = await listen({})
    const socket = connect(port, "127.0.0.1")
    socket.write(
      "POST /api/v2/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 9000000\r\n\r\n",
    )
    const [heard] = (await once(socket, "data")) as [Buffer]
    expect(heard.toString()).toContain("HTTP/1.1 401")
    socket.destroy()
  })
})

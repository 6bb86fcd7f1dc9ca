import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { decodeEvent, defineLogHandler } from "@propolis/core"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { builtInCatalogue } from "../config/catalogue.ts"
import { configFromValue } from "../config/load-config.ts"
import { endpointsOf } from "./endpoints.ts"
import { askHandler, tryHandler } from "./try-handler.ts"

let dir: string
let server: Server
let url: string
let status: number
const bodies: string[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-try-"))
  status = 200
  bodies.length = 0
  server = createServer(async (request, response) => {
    let body = ""
    for await (const chunk of request) body += String(chunk)
    bodies.push(body)
    if (status === 0) return
    response.writeHead(status).end(`said of ${request.url}`)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(dir, { recursive: true, force: true })
})

const hangs = defineLogHandler({
  name: "hangs",
  title: "Never answers",
  options: z.strictObject({}),
  batch: { maxEvents: 1, maxBytes: 1, maxWaitMs: 1 },
  open: async () => ({ deliver: () => new Promise(() => {}), close: () => new Promise(() => {}) }),
})
const catalogue = { ...builtInCatalogue(), handlers: [...builtInCatalogue().handlers, hangs] }
async function configured(handlers: object) {
  return (await configFromValue({ handlers }, { catalogue, env: {} })).handlers
}
const where = () => ({ dataDir: dir, sensor: "sensor-1" })

describe("trying a log handler", () => {
  it("delivers one sample event, past filter and digest", async () => {
    const [file, slack] = await configured({
      file: { filter: { only: { services: ["None"] } } },
      chat: { handler: "slack", options: { webhookUrl: `${url}/hook`, digest: { windowMs: 3_600_000 } } },
    })
    expect(await tryHandler(file!, where())).toMatchObject({
      name: "file",
      ok: true,
      said: "took the sample event",
    })
    const event = decodeEvent((await readFile(join(dir, "events.ndjson"), "utf8")).trim())
    expect(event).toMatchObject({ sensor: "sensor-1", service: "Sample", remoteHost: "192.0.2.1" })
    const answer = await tryHandler(slack!, where())
    expect(answer).toMatchObject({ name: "chat", handler: "slack", ok: true, said: "said of [secret]" })
    expect(bodies[0]).toContain("192.0.2.1")
  })

  it("tells what the peer answered, without a secret", async () => {
    status = 503
    const [slack] = await configured({ slack: { options: { webhookUrl: `${url}/T0/hook-of-secret` } } })
    const answer = await tryHandler(slack!, where())
    expect(answer).toMatchObject({ ok: false, said: "Slack answered 503: said of [secret]" })
    status = 400
    expect(await tryHandler(slack!, where())).toMatchObject({
      ok: false,
      said: "the sample event is refused: Slack answered 400: said of [secret]",
    })
  })

  it("gives up after a while, also on what does not close", async () => {
    const [entry] = await configured({ hangs: {} })
    const answer = await tryHandler(entry!, { ...where(), timeoutMs: 50 })
    expect(answer).toMatchObject({ ok: false, said: "no answer within 50 ms" })
  })
})

describe("asking a log handler", () => {
  it("asks the peer, or whether its address takes connections, and delivers nothing", async () => {
    const [file, slack, hub] = await configured({
      file: {},
      slack: { options: { webhookUrl: `${url}/hook` } },
      hub: { options: { url, apiId: "id", apiKey: "key-of-hub" } },
    })
    expect(await askHandler(file!, where())).toMatchObject({ ok: true, said: "opens" })
    expect(await askHandler(slack!, where())).toMatchObject({ ok: true })
    expect(await askHandler(hub!, where())).toMatchObject({ ok: true })
    expect(bodies.filter((body) => body !== "")).toEqual([])
  })

  it("tells that nobody is there", async () => {
    const [hub] = await configured({
      hub: { options: { url: "http://127.0.0.1:1", apiId: "id", apiKey: "k" } },
    })
    const answer = await askHandler(hub!, where())
    expect(answer.ok).toBe(false)
    expect(answer.said).toMatch(/127\.0\.0\.1|refused|ECONNREFUSED/)
  })
})

describe("endpoints", () => {
  it.each<[unknown, string[]]>([
    [{ url: "https://h.example/x" }, ["h.example:443"]],
    [{ url: "http://[::1]:9200" }, ["::1:9200"]],
    [{ urls: ["nats://a", "nats://b:1"] }, ["a:4222", "b:1"]],
    [{ brokers: ["k1:9092", "k2:9092"] }, ["k1:9092", "k2:9092"]],
    [{ host: "h", port: 514, message: "a://b" }, ["h:514"]],
    [{ url: "amqps://u:p@r/%2f" }, ["r:5671"]],
    [{ hubUrl: "https://hub", path: "a:b", text: "x:99999" }, []],
  ])("%j", (options, expected) => {
    expect(endpointsOf(options).map(({ host, port }) => `${host}:${port}`)).toEqual(expected)
  })
})

import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { zstdCompressSync } from "node:zlib"
import { createUuidV7, type HostRows, type SessionDetail } from "@propolis/core"
import { afterEach, beforeEach, expect, test } from "vitest"
import { wireEvent } from "./ingest/test-event.ts"

interface Ready {
  readonly url: string
  readonly oneTimePassword?: { readonly email: string; readonly password: string }
  readonly adminTokenFile: string
}

const script = fileURLToPath(new URL("./test-hub-process.ts", import.meta.url))
const started: ChildProcess[] = []
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-run-hub-"))
})
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill("SIGKILL")
    await once(child, "exit")
  }
  await rm(dir, { recursive: true, force: true })
})

async function startHub(port = 0): Promise<{ child: ChildProcess; ready?: Ready; failed?: string }> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: "12" }
  const child = fork(script, [dir, String(port)], {
    env,
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  started.push(child)
  const [message] = (await once(child, "message")) as [{ ready?: Ready; failed?: string }]
  return { child, ...message }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL")
  await once(child, "exit")
}

const now = Date.now()
const nextId = createUuidV7({
  now: () => now,
  random: (count) => crypto.getRandomValues(new Uint8Array(count)),
})

function batch(count: number): string {
  const session = nextId()
  return Array.from(
    { length: count },
    (_, seq) =>
      `${JSON.stringify(wireEvent({ id: nextId(), session, seq, time: now, remoteHost: "8.8.8.8" }))}\n`,
  ).join("")
}

async function bearer(ready: Ready): Promise<Record<string, string>> {
  return { authorization: `Bearer ${(await readFile(ready.adminTokenFile, "utf8")).trim()}` }
}

async function keysOf(ready: Ready): Promise<{ api_id: string; sensor_key: string }> {
  const headers = { ...(await bearer(ready)), "content-type": "application/json" }
  const answer = await fetch(`${ready.url}/api/admin/keys`, { method: "POST", headers, body: "{}" })
  expect(answer.status).toBe(201)
  return (await answer.json()) as { api_id: string; sensor_key: string }
}

async function send(
  ready: Ready,
  keys: { api_id: string; sensor_key: string },
  body: string,
): Promise<number> {
  const answer = await fetch(`${ready.url}/api/v2/events`, {
    method: "POST",
    headers: {
      "x-honeydb-apiid": keys.api_id,
      "x-honeydb-apikey": keys.sensor_key,
      "content-type": "application/x-ndjson",
      "content-encoding": "zstd",
    },
    body: zstdCompressSync(body),
  })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { accepted: number }).accepted
}

async function eventsOf8888(ready: Ready): Promise<number> {
  const answer = await fetch(`${ready.url}/api/web/hosts/top`, { headers: await bearer(ready) })
  const { rows } = (await answer.json()) as HostRows
  return rows.find((row) => row.remoteHost === "8.8.8.8")?.events ?? 0
}

test("what was acknowledged is there after kill -9, once, with what the hub knows; a repeated batch changes nothing", async () => {
  const first = await startHub()
  const keys = await keysOf(first.ready!)
  const body = batch(2_000)
  expect(await send(first.ready!, keys, body)).toBe(2_000)
  await kill(first.child)

  const second = await startHub()
  expect(second.ready!.oneTimePassword?.password).not.toBe(first.ready!.oneTimePassword?.password)
  await expect.poll(() => eventsOf8888(second.ready!), { timeout: 20_000 }).toBe(2_000)
  expect(await send(second.ready!, keys, body)).toBe(2_000)
  expect(await send(second.ready!, keys, batch(10))).toBe(10)
  await expect.poll(() => eventsOf8888(second.ready!), { timeout: 20_000 }).toBe(2_010)

  const { session } = JSON.parse(body.split("\n", 1)[0]!) as { session: string }
  const headers = await bearer(second.ready!)
  const detail = (await (
    await fetch(`${second.ready!.url}/api/web/sessions/${session}?limit=5000`, { headers })
  ).json()) as SessionDetail
  expect(detail.events.map((event) => event.seq)).toEqual(Array.from({ length: 2_000 }, (_, seq) => seq))
  expect(detail.events[0]).toMatchObject({ country: "US", asn: 15_169, data: "aGVsbG8=" })
  expect(JSON.stringify(detail)).not.toContain("192.0.2.1")

  second.child.send("close")
  const [{ closed }] = (await once(second.child, "message")) as [{ closed?: string[] }]
  expect(closed).toBeDefined()
}, 90_000)

test("an event is on the live stream, and a stream that is open does not keep the hub from closing", async () => {
  const { child, ready } = await startHub()
  const keys = await keysOf(ready!)
  const stream = await fetch(`${ready!.url}/api/web/live`, { headers: await bearer(ready!) })
  await send(ready!, keys, batch(3))
  let heard = ""
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
  while ((heard.match(/^event: event$/gm) ?? []).length < 3) {
    const { value, done } = await reader.read()
    if (done) break
    heard += value
  }
  expect(heard.match(/"remoteHost":"8\.8\.8\.8"/g)).toHaveLength(3)
  child.send("close")
  await once(child, "exit")
  expect(child.exitCode).toBe(0)
}, 60_000)

test("a second hub on the same folder, and a port in use, are told by their codes and change nothing", async () => {
  const { ready } = await startHub()
  const token = await readFile(ready!.adminTokenFile, "utf8")
  expect((await startHub()).failed).toBe("DATA_LOCKED")
  expect(await readFile(ready!.adminTokenFile, "utf8")).toBe(token)
  expect((await stat(ready!.adminTokenFile)).mode & 0o777).toBe(0o600)
  await kill(started[0]!)

  const other = createServer().listen(0, "127.0.0.1")
  await once(other, "listening")
  const { port } = other.address() as { port: number }
  expect((await startHub(port)).failed).toBe("LISTEN_FAILED")
  other.close()
}, 60_000)

/** `propolis events` as a process, with a hub whose streams end in every way that they may. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"

const main = join(import.meta.dirname, "..", "src", "main.ts")
let folder: string
let server: Server
let child: ChildProcess
let answers: ((request: IncomingMessage, response: ServerResponse) => void)[]
let resumedAfter: (string | undefined)[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "propolis-events-"))
  mkdirSync(join(folder, "hub"))
  writeFileSync(join(folder, "hub", "admin-token"), "token\n")
  answers = []
  resumedAfter = []
  server = createServer((request, response) => {
    resumedAfter.push(request.headers["last-event-id"] as string | undefined)
    const answer = answers.shift()
    if (answer === undefined) request.socket.destroy()
    else answer(request, response)
  })
  await listen(0)
})
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL")
    await once(child, "exit")
  }
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function listen(port: number): Promise<void> {
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  const { port: own } = server.address() as AddressInfo
  writeFileSync(join(folder, "hub", "url"), `http://127.0.0.1:${own}\n`)
}

const hello = (sequence: number) => `retry: 20\nevent: hello\ndata: {"sequence":${sequence}}\n\n`
const event = (sequence: number) => `id: ${sequence}\nevent: event\ndata: {"sequence":${sequence}}\n\n`
const start = (response: ServerResponse) => response.writeHead(200, { "content-type": "text/event-stream" })

/** Runs the command until `count` events are shown; gives their sequences. */
async function follow(count: number): Promise<number[]> {
  child = spawn(process.execPath, [main, "events", "--json", "--data", folder], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  for await (const bytes of child.stdout!) {
    output += String(bytes)
    if (output.split("\n").length > count) break
  }
  return output
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { sequence: number }).sequence)
}

it("goes on after the last event when a stream ends, breaks off, or the hub is away; ends by a signal", async () => {
  answers.push(
    // Ends before any event.
    (_, response) => void start(response).end(hello(40)),
    // Ends as the hub's do after an hour.
    (_, response) => void start(response).end(hello(40) + event(41) + event(42)),
    // Breaks off within an event.
    (request, response) => {
      start(response).write(`${hello(42) + event(43)}id: 44\nevent: ev`, () => request.socket.destroy())
    },
    // Away, then back.
    (request) => request.socket.destroy(),
    (_, response) => void start(response).write(hello(43) + event(44)),
  )
  expect(await follow(4)).toEqual([41, 42, 43, 44])
  expect(resumedAfter).toEqual([undefined, "40", "42", "43", "43"])
  const exit = once(child, "exit")
  child.kill("SIGINT")
  expect(await exit).toEqual([0, null])
})

it("does not wait for a hub that was never there, nor for one that refuses it", async () => {
  const exit = async () => (await once(child, "exit"))[0] as number
  expect(await follow(1)).toEqual([])
  expect(child.exitCode ?? (await exit())).toBe(69)
  answers.push(
    (_, response) => void start(response).end(hello(1)),
    (_, response) => void response.writeHead(401).end("{}"),
  )
  expect(await follow(1)).toEqual([])
  expect(child.exitCode ?? (await exit())).toBe(77)
})

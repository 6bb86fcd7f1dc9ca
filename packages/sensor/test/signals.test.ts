/** A sensor as a process: its signals, its end, and a terminal that goes away. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"

let dir: string
let child: ChildProcess & { output: string }
let sockets: Socket[]

const good = "services: { Echo: { emulator: echo, port: tcp:0 } }\nhandlers: { file: {} }\n"

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "propolis-signals-"))
  sockets = []
  writeFileSync(join(dir, "propolis.yaml"), good)
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL")
    await once(child, "exit")
  }
  rmSync(dir, { recursive: true, force: true })
})

/** Starts the sensor; resolves to the port of Echo. */
async function start(): Promise<number> {
  const fixture = join(import.meta.dirname, "signals.fixture.ts")
  const spawned = spawn(process.execPath, [fixture, join(dir, "propolis.yaml"), join(dir, "data")], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  child = Object.assign(spawned, { output: "" })
  spawned.stdout.on("data", (bytes: Buffer) => {
    child.output += bytes.toString()
  })
  let ready = ""
  for await (const bytes of spawned.stderr) {
    ready += String(bytes)
    if (ready.includes("\n")) break
  }
  return (JSON.parse(ready) as [{ port: number }])[0].port
}

async function ask(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1")
  sockets.push(socket)
  socket.on("error", () => {})
  const answer = once(socket, "data")
  socket.write(text)
  return String((await answer)[0])
}

async function shown(text: string): Promise<void> {
  while (!child.output.includes(text)) await once(child.stdout!, "data")
}

it.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends it cleanly: sessions closed, everything delivered",
  async (signal) => {
    const port = await start()
    expect(await ask(port, "hello")).toBe("hello")
    const exit = once(child, "exit")
    child.kill(signal)
    expect(await exit).toEqual([0, null])
    const kinds = readFileSync(join(dir, "data", "events.ndjson"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { event: string }).event)
    expect(kinds).toEqual(["CONNECT", "RX", "TX", "DISCONNECT"])
  },
)

it("SIGHUP reads the configuration again: faults are told and change nothing, a good one is applied", async () => {
  const port = await start()
  writeFileSync(join(dir, "propolis.yaml"), "services: { Echo: { emulator: ecko } }")
  child.kill("SIGHUP")
  await shown("services.Echo.emulator")
  expect(await ask(port, "still")).toBe("still")
  writeFileSync(
    join(dir, "propolis.yaml"),
    good.replace("}\n", `, More: { emulator: echo, port: tcp:0 } }\n`).replace("} ,", "},"),
  )
  child.kill("SIGHUP")
  await shown("Services started: More")
})

it("outlives the reader of its terminal view", async () => {
  const port = await start()
  child.stdout!.destroy()
  for (let i = 0; i < 5; i++) expect(await ask(port, `line ${i}`)).toBe(`line ${i}`)
  const exit = once(child, "exit")
  child.kill("SIGTERM")
  expect(await exit).toEqual([0, null])
})

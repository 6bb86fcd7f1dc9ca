/** A sensor as a process: its signals, its end, and a terminal that goes away. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { requireProgram } from "@propolis/testkit"
import { afterEach, beforeEach, expect, it } from "vitest"

let dir: string
let child: ChildProcess & { output: string }
let sockets: Socket[]

const main = join(import.meta.dirname, "..", "src", "main.ts")
const good =
  "services: { Echo: { emulator: echo, port: tcp:0 } }\nhandlers: { file: {} }\nstatus: { port: off }\n"

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

const nodeArguments = () => [
  "--disable-warning=ExperimentalWarning",
  main,
  "sensor",
  "-c",
  join(dir, "propolis.yaml"),
  "--data",
  join(dir, "data"),
]

/** Starts the sensor; resolves to the port of Echo. */
async function start(command = process.execPath, args: readonly string[] = nodeArguments()): Promise<number> {
  const spawned = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
  child = Object.assign(spawned, { output: "" })
  spawned.stdout.on("data", (bytes: Buffer) => {
    child.output += bytes.toString()
  })
  return Number((await shown(/Echo +echo +127\.0\.0\.1:([0-9]+)\/tcp/))[1])
}

async function ask(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1")
  sockets.push(socket)
  socket.on("error", () => {})
  const answer = once(socket, "data")
  socket.write(text)
  return String((await answer)[0])
}

async function shown(pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const match = pattern.exec(child.output)
    if (match !== null) return match
    await once(child.stdout!, "data")
  }
}

it.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends it cleanly: sessions closed, everything delivered",
  async (signal) => {
    const port = await start()
    expect(await ask(port, "hello")).toBe("hello")
    const exit = once(child, "exit")
    child.kill(signal)
    expect(await exit).toEqual([0, null])
    const kinds = readFileSync(join(dir, "data", "sensor", "events.ndjson"), "utf8")
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
  await shown(/services\.Echo\.emulator/)
  expect(await ask(port, "still")).toBe("still")
  writeFileSync(
    join(dir, "propolis.yaml"),
    good.replace("}\n", `, More: { emulator: echo, port: tcp:0 } }\n`).replace("} ,", "},"),
  )
  child.kill("SIGHUP")
  await shown(/Services started: More/)
})

it("outlives the reader of its terminal view", async () => {
  const port = await start()
  child.stdout!.destroy()
  for (let i = 0; i < 5; i++) expect(await ask(port, `line ${i}`)).toBe(`line ${i}`)
  const exit = once(child, "exit")
  child.kill("SIGTERM")
  expect(await exit).toEqual([0, null])
})

it("ends cleanly when its terminal hangs up", async ({ skip }) => {
  if (!requireProgram("script", "bsdutils", "a sensor on a terminal that hangs up")) return skip()
  const words = [process.execPath, ...nodeArguments()].map((word) => `'${word}'`).join(" ")
  const port = await start("script", ["-qfec", `echo "pid=$$"; exec ${words}`, "/dev/null"])
  expect(await ask(port, "hello")).toBe("hello")
  const pid = Number((await shown(/pid=([0-9]+)/))[1])
  const exit = once(child, "exit")
  process.kill(pid, "SIGHUP")
  expect(await exit).toEqual([0, null])
  const last = readFileSync(join(dir, "data", "sensor", "events.ndjson"), "utf8")
    .trimEnd()
    .split("\n")
    .at(-1)
  expect(JSON.parse(last!)).toMatchObject({ event: "DISCONNECT" })
})

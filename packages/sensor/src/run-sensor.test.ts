import { EventEmitter, once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Batch, decodeEvent, defineEmulator, defineLogHandler, type SensorEvent } from "@propolis/core"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import type { Catalogue } from "./config/catalogue.ts"
import type { ConsoleOutput } from "./console/console.ts"
import { type RunningSensor, type RunSensorOptions, runSensor } from "./run-sensor.ts"

const shout = defineEmulator({
  name: "shout",
  title: "Answers in capitals",
  interaction: "low",
  transports: { tcp: 700 },
  options: z.strictObject({ prefix: z.string().default("") }),
  open: (connection, { prefix }) => ({
    data: (bytes) => connection.send(prefix + Buffer.from(bytes).toString("latin1").toUpperCase()),
  }),
})

let dir: string
let delivered: Map<string, SensorEvent[]>
let sensors: RunningSensor[]
let sockets: Socket[]
let lines: string[]

/** A log handler that keeps what it got, by the tag of its options. */
const keep = defineLogHandler({
  name: "keep",
  title: "Keeps events",
  options: z.strictObject({ tag: z.string().default("all") }),
  batch: { maxEvents: 100, maxBytes: 1_048_576, maxWaitMs: 20 },
  open: async ({ tag }) => ({
    async deliver(batch: Batch) {
      const seen = delivered.get(tag) ?? []
      for (const line of Buffer.from(batch.ndjson).toString().trimEnd().split("\n"))
        seen.push(decodeEvent(line))
      delivered.set(tag, seen)
      return undefined
    },
    async close() {},
  }),
})
const broken = defineLogHandler({
  name: "broken",
  title: "Never delivers",
  options: z.strictObject({}),
  batch: { maxEvents: 100, maxBytes: 1_048_576, maxWaitMs: 20 },
  open: async () => ({ deliver: () => Promise.reject(new Error("nobody is there")), close: async () => {} }),
})
const catalogue: Catalogue = { emulators: [shout], handlers: [keep, broken] }

class Output extends EventEmitter implements ConsoleOutput {
  text = ""
  write(text: string): boolean {
    this.text += text
    return true
  }
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "propolis-sensor-"))
  delivered = new Map()
  sensors = []
  sockets = []
  lines = []
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(sensors.map((sensor) => sensor.close()))
  rmSync(dir, { recursive: true, force: true })
})

const file = () => join(dir, "propolis.yaml")

async function start(yaml: string, options: Partial<RunSensorOptions> = {}): Promise<RunningSensor> {
  writeFileSync(file(), yaml)
  const sensor = await runSensor({
    configPath: file(),
    dataDir: join(dir, "data"),
    catalogue,
    statusPort: 0,
    onLine: (line) => lines.push(line),
    ...options,
  })
  sensors.push(sensor)
  return sensor
}

function portOf(sensor: RunningSensor, name: string): number {
  return sensor.services().find((service) => service.name === name)!.port
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1")
  sockets.push(socket)
  socket.on("error", () => {})
  await once(socket, "connect")
  return socket
}

async function ask(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, "data")
  socket.write(text)
  return String((await answer)[0])
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 10))
}

const one = "services: { Shout: { emulator: shout, port: 0 } }\nhandlers: { keep: {} }\n"

describe("a running sensor", () => {
  it("answers, journals and delivers every byte", async () => {
    const out = new Output()
    const sensor = await start(one, { out })
    const socket = await dial(portOf(sensor, "Shout"))
    expect(await ask(socket, "hello")).toBe("HELLO")
    socket.end()
    await until(() => (delivered.get("all") ?? []).some((event) => event.event === "DISCONNECT"))
    const events = delivered.get("all")!
    expect(events.map((event) => [event.event, event.seq, String(Buffer.from(event.data))])).toEqual([
      ["CONNECT", 0, ""],
      ["RX", 1, "hello"],
      ["TX", 2, "HELLO"],
      ["DISCONNECT", 3, ""],
    ])
    expect(
      events.every(
        (event) =>
          event.sensor === sensor.id && event.service === "Shout" && event.remoteHost === "127.0.0.1",
      ),
    ).toBe(true)
    expect(out.text).toContain(`Sensor ${sensor.id} pretends to be ${sensor.persona.hostName}`)
    expect(out.text).toMatch(/Shout {4}shout {5}127\.0\.0\.1:\d+\/tcp +listening/)
    expect(out.text).toContain("RX         5 B hello")
  })

  it("tells its health and metrics", async () => {
    const sensor = await start(one)
    const base = `http://127.0.0.1:${sensor.statusAddress!.port}`
    expect(await (await fetch(`${base}/healthz`)).json()).toMatchObject({ status: "ok", sensor: sensor.id })
    const socket = await dial(portOf(sensor, "Shout"))
    await ask(socket, "x")
    const text = await (await fetch(`${base}/metrics`)).text()
    expect(text).toContain("propolis_sensor_open_connections 1\n")
    expect(text).toContain("propolis_sensor_sessions_total 1\n")
    expect(text).toContain('propolis_sensor_handler_lag{name="keep",handler="keep"}')
  })

  it("is the same machine after a restart, with its own folder closed to others", async () => {
    const first = await start(one)
    const { id, persona } = first
    await first.close()
    const second = await start(one)
    expect(second.id).toBe(id)
    expect(second.persona.hostName).toBe(persona.hostName)
    expect(second.persona.bootedAt).toBe(persona.bootedAt)
    expect(statSync(join(dir, "data")).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(dir, "data")).sort()).toEqual(
      expect.arrayContaining(["journal", "persona-key.pem", "sensor.json"]),
    )
  })

  it("delivers after a restart what was not delivered before", async () => {
    const sensor = await start("services: { Shout: { emulator: shout, port: 0 } }")
    await ask(await dial(portOf(sensor, "Shout")), "early")
    await sensor.close()
    await start(one)
    await until(() => (delivered.get("all") ?? []).length >= 4)
    expect(delivered.get("all")!.map((event) => event.event)).toEqual(["CONNECT", "RX", "TX", "DISCONNECT"])
  })

  it("refuses a second sensor on the same data folder", async () => {
    await start(one)
    await expect(start(one)).rejects.toMatchObject({ code: "DATA_LOCKED" })
  })

  it("ends what is open when it is closed, and journals its end", async () => {
    const sensor = await start(one)
    const socket = await dial(portOf(sensor, "Shout"))
    await ask(socket, "x")
    socket.resume()
    const ended = once(socket, "close")
    await sensor.close()
    await ended
    await sensor.closed
    expect(delivered.get("all")!.map((event) => event.event)).toEqual(["CONNECT", "RX", "TX", "DISCONNECT"])
    await expect(dial(portOf(sensor, "Shout"))).rejects.toThrow("ECONNREFUSED")
  })

  it("is closed all the same where a log handler never delivers", async () => {
    const sensor = await start(`${one.replace("{ keep: {} }", "{ keep: {}, broken: {} }")}`)
    await ask(await dial(portOf(sensor, "Shout")), "x")
    await until(() => sensor.status().handlers.some((handler) => handler.failing !== undefined))
    const health = (await (await fetch(`http://127.0.0.1:${sensor.statusAddress!.port}/healthz`)).json()) as {
      reasons: string[]
    }
    expect(health.reasons.join()).toContain("log handler broken fails: nobody is there")
    await sensor.close()
    expect(delivered.get("all")!.length).toBe(4)
  })
})

describe("a port in use", () => {
  it("fails that service only; it is tried again at a reload", async () => {
    const squatter = createServer().listen(0, "127.0.0.1")
    await once(squatter, "listening")
    const { port } = squatter.address() as { port: number }
    const sensor = await start(
      `services: { Taken: { emulator: shout, port: ${port} }, Shout: { emulator: shout, port: 0 } }`,
    )
    expect(sensor.services()).toMatchObject([
      { name: "Taken", state: "failed", reason: expect.stringContaining(String(port)) },
      { name: "Shout", state: "listening" },
    ])
    squatter.close()
    await once(squatter, "close")
    const outcome = await sensor.reload()
    expect(outcome.lines).toContain("Services started: Taken")
    expect(await ask(await dial(port), "ok")).toBe("OK")
  })

  it("of the status page does not keep the sensor from starting", async () => {
    const other = await start(one)
    const sensor = await start(one, { dataDir: join(dir, "other"), statusPort: other.statusAddress!.port })
    expect(sensor.statusAddress).toBeUndefined()
    expect(lines.join("\n")).toContain("No /healthz and /metrics")
  })
})

describe("a reload", () => {
  it("restarts the listener of what changed and keeps open sessions, with the options they began with", async () => {
    const sensor = await start(one)
    const port = portOf(sensor, "Shout")
    const old = await dial(port)
    expect(await ask(old, "a")).toBe("A")
    writeFileSync(
      file(),
      `services: { Shout: { emulator: shout, port: ${port}, options: { prefix: "> " } }, New: { emulator: shout, port: 0 } }
handlers: { keep: {}, extra: { handler: keep, options: { tag: extra } } }`,
    )
    const outcome = await sensor.reload()
    expect(outcome).toMatchObject({ applied: true })
    expect(outcome.lines).toEqual([
      "Configuration reloaded.",
      "Services started: New",
      "Services restarted: Shout",
      "Log handlers changed: extra",
    ])
    expect(await ask(old, "b")).toBe("B")
    expect(await ask(await dial(port), "c")).toBe("> C")
    expect(await ask(await dial(portOf(sensor, "New")), "d")).toBe("D")
    await until(() =>
      (delivered.get("extra") ?? []).some((event) => event.service === "New" && event.event === "TX"),
    )
  })

  it("with faults tells them and changes nothing", async () => {
    const sensor = await start(one)
    const port = portOf(sensor, "Shout")
    writeFileSync(file(), "services: { Shout: { emulator: shouut, port: 0 } }\nlimits: { idleMs: never }")
    expect(await sensor.reload()).toMatchObject({ applied: false })
    expect(lines.join("\n")).toContain("services.Shout.emulator")
    expect(lines.join("\n")).toContain("limits.idleMs")
    expect(await ask(await dial(port), "x")).toBe("X")
    expect(sensor.status().reloadFault).toContain("2 faults")
    writeFileSync(file(), one)
    expect(await sensor.reload()).toMatchObject({ applied: true })
    expect(sensor.status().reloadFault).toBeUndefined()
  })

  it("without the file changes nothing either", async () => {
    const sensor = await start(one)
    rmSync(file())
    expect(await sensor.reload()).toMatchObject({ applied: false })
    expect(await ask(await dial(portOf(sensor, "Shout")), "x")).toBe("X")
  })

  it("says what needs a restart", async () => {
    const sensor = await start(one)
    writeFileSync(file(), `${one}journal: { maxBytes: 8MiB }\nlimits: { idleMs: 5s }\n`)
    expect((await sensor.reload()).lines).toEqual([
      "Configuration reloaded.",
      "Limits changed, for sessions that begin from now on.",
      "Needs a restart to take effect: journal",
    ])
  })

  it("stops services and log handlers that are gone", async () => {
    const sensor = await start(one)
    const port = portOf(sensor, "Shout")
    writeFileSync(file(), "services: {}")
    expect((await sensor.reload()).lines).toEqual([
      "Configuration reloaded.",
      "Services stopped: Shout",
      "Log handlers changed: keep",
    ])
    await expect(dial(port)).rejects.toThrow("ECONNREFUSED")
    expect(sensor.status().handlers).toEqual([])
  })
})

it("adds the caller's log handlers, unless the configuration has one of that name", async () => {
  const sensor = await start(one, {
    addHandlers: { keep: { options: { tag: "never" } }, more: { handler: "keep", options: { tag: "more" } } },
  })
  await ask(await dial(portOf(sensor, "Shout")), "x")
  await until(() => (delivered.get("more") ?? []).length >= 3 && (delivered.get("all") ?? []).length >= 3)
  expect(delivered.has("never")).toBe(false)
})

it("leaves nothing running or locked where it cannot start", async () => {
  writeFileSync(join(dir, "sensor.json"), "damaged")
  await expect(start(one, { dataDir: dir })).rejects.toMatchObject({ code: "DATA_UNWRITABLE" })
  expect(readFileSync(join(dir, "sensor.json"), "utf8")).toBe("damaged")
  rmSync(join(dir, "sensor.json"))
  await start(one, { dataDir: dir })
})

import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hostRuntime } from "@propolis/sensor/host-runtime"
import { freePort } from "@propolis/testkit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

const main = join(import.meta.dirname, "..", "src", "main.ts")
let folder = ""
let running: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "propolis-cli-"))
})
afterEach(() => {
  running?.kill("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  output(): string
  /** Resolves with the match once the output has it. */
  seen(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>
  readonly exited: Promise<number | null>
}

function propolis(...args: string[]): Started {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  })
  running = child
  let output = ""
  const take = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on("data", take)
  child.stderr.on("data", take)
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve))
  return {
    child,
    output: () => output,
    exited,
    async seen(pattern, timeoutMs = 30_000) {
      const deadline = Date.now() + timeoutMs
      for (;;) {
        const match = output.match(pattern)
        if (match !== null) return match
        if (Date.now() > deadline || child.exitCode !== null) throw new Error(`no ${pattern} in:\n${output}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}

async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const started = propolis(...args)
  return { code: await started.exited, output: started.output() }
}

function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text))
    socket.once("data", (reply) => {
      socket.end()
      resolve(reply.toString("latin1"))
    })
    socket.once("error", reject)
  })
}

async function until<T>(look: () => Promise<T | undefined>, timeoutMs: number): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const hubHandler = `handlers:
  hub:
    options:
      url: { file: hub/url }
      apiId: { file: sensor/hub-api-id }
      apiKey: { file: sensor/hub-key }
`

describe("propolis start", () => {
  it("runs hub and sensor: what is sent to a service is on the page; one signal ends both, nothing is lost", async () => {
    const port = await freePort()
    const config = `services:\n  Echo:\n    emulator: echo\n    port: tcp:${port}\nstatus:\n  port: 0\n${hubHandler}`
    writeFileSync(join(folder, "propolis.yaml"), config)
    const first = propolis("start", "--data", folder, "--port", "0")
    const url = (await first.seen(/page +(http:\S+)/))[1]!
    await first.seen(/one time/)
    await first.seen(new RegExp(`127\\.0\\.0\\.1:${port}`))
    expect(await talk(port, "marker one")).toBe("marker one")

    const token = readFileSync(join(folder, "hub", "admin-token"), "utf8").trim()
    const read = async (path: string) => {
      const answer = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${token}` } })
      return answer.ok ? ((await answer.json()) as Record<string, never>) : undefined
    }
    const session = await until(async () => {
      const page = await read("/api/web/hosts/127.0.0.1/sessions")
      return (page?.rows as { session: string }[] | undefined)?.[0]?.session
    }, 10_000)
    const detail = await until(async () => {
      const found = await read(`/api/web/sessions/${session}`)
      const events = found?.events as { event: string; data: string; bytes: number }[] | undefined
      return events?.some((event) => event.event === "DISCONNECT") ? events : undefined
    }, 10_000)
    const payload = Buffer.from("marker one").toString("base64")
    expect(detail.map((event) => [event.event, event.bytes, event.data])).toEqual([
      ["CONNECT", 0, ""],
      ["RX", 10, payload],
      ["TX", 10, payload],
      ["DISCONNECT", 0, ""],
    ])

    expect(await talk(port, "marker two")).toBe("marker two")
    first.child.kill("SIGINT")
    expect(await first.exited).toBe(0)
    // Whoever takes too long is ended by force, and that is said.
    expect(first.output()).not.toMatch(/by force/)

    const second = propolis("start", "--data", folder, "--port", "0")
    const again = (await second.seen(/page +(http:\S+)/))[1]!
    const newToken = readFileSync(join(folder, "hub", "admin-token"), "utf8").trim()
    await until(async () => {
      const answer = await fetch(new URL("/api/web/hosts/127.0.0.1", again), {
        headers: { authorization: `Bearer ${newToken}` },
      })
      const summary = (await answer.json()) as { events?: number; connections?: number }
      return summary.events === 8 && summary.connections === 2 ? summary : undefined
    }, 10_000)
    second.child.kill("SIGTERM")
    expect(await second.exited).toBe(0)
  })

  it("passes SIGHUP on to its sensor, which reads its configuration again, and starts it as it wants to run", async () => {
    const [port, more] = [await freePort(), await freePort()]
    const service = (name: string, at: number) => `  ${name}: { emulator: echo, port: tcp:${at} }\n`
    const write = (services: string) =>
      writeFileSync(
        join(folder, "propolis.yaml"),
        `services:\n${services}status: { port: off }\nhub: { port: 1 }\n`,
      )
    write(service("Echo", port))
    const started = propolis("start", "--data", folder, "--port", "0")
    const pid = (await started.seen(/kill -HUP ([0-9]+)/))[1]!
    if (process.platform === "linux") {
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")).toEqual(
        expect.arrayContaining([...hostRuntime.execArgv]),
      )
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")
      for (const [name, value] of Object.entries(hostRuntime.env))
        expect(environment).toContain(`${name}=${process.env[name] ?? value}`)
    }
    write("  Echo: { emulator: ecko }\n")
    started.child.kill("SIGHUP")
    await started.seen(/services\.Echo\.emulator/)
    write(service("Echo", port) + service("More", more))
    started.child.kill("SIGHUP")
    await started.seen(/Services started: More/)
    expect(await talk(more, "marker")).toBe("marker")
    expect(await talk(port, "marker")).toBe("marker")
    started.child.kill("SIGTERM")
    expect(await started.exited).toBe(0)
  })

  it("tells all faults of the configuration, ends with 78, and leaves no hub behind", async () => {
    writeFileSync(
      join(folder, "propolis.yaml"),
      "services:\n  A:\n    emulator: nope\n    port: 99999999\nlimit: {}\n",
    )
    const started = propolis("start", "--data", folder, "--port", "0")
    expect(await started.exited).toBe(78)
    expect(started.output()).toMatch(/nope/)
    expect(started.output()).toMatch(/99999999/)
    expect(started.output()).toMatch(/limits/)
    expect(existsSync(join(folder, "hub", "url"))).toBe(false)
  })
})

describe("propolis", () => {
  it("makes a first configuration that has no faults", async () => {
    const { firstConfiguration } = await import("../src/commands/start.ts")
    const { parseConfig } = await import("@propolis/sensor")
    for (const [file, value] of [
      ["hub/url", "http://127.0.0.1:4040"],
      ["sensor/hub-api-id", "id"],
      ["sensor/hub-key", "key"],
    ] as const) {
      const path = join(folder, file)
      await import("node:fs/promises").then((fs) =>
        fs.mkdir(join(path, ".."), { recursive: true }).then(() => fs.writeFile(path, value)),
      )
    }
    const config = await parseConfig(await firstConfiguration(), { baseDir: folder })
    expect(config.handlers.map((handler) => handler.name)).toContain("hub")
    expect(config.services.every((service) => service.definition.host === "127.0.0.1")).toBe(true)
  })

  it.each([
    [["nope"], 64, /unknown command 'nope'/],
    [["start", "--nope"], 64, /--nope/],
    [["hub", "--port", "x"], 64, /--port: expected a port/],
    [["sensor"], 64, /-c is missing/],
    [["sensor", "-c", "/nowhere/propolis.yaml"], 66, /cannot be read/],
    [["keys", "create", "--email", "a@example.org"], 69, /no hub has run/],
    [["--help"], 0, /propolis COMMAND/],
    [["services"], 0, /telnet/],
    [["start", "--help"], 0, /example:/],
  ])("%j ends with %d", async (args, code, words) => {
    const withData = ["hub", "sensor", "keys"].includes(args[0]!) ? [...args, "--data", folder] : args
    const done = await run(...withData)
    expect(done.output).toMatch(words)
    expect(done.code).toBe(code)
  })

  it("keeps its data to its owner", async () => {
    await run("keys", "create", "--email", "a@example.org", "--data", join(folder, "data"))
    expect(statSync(join(folder, "data")).mode & 0o777).toBe(0o700)
  })
})

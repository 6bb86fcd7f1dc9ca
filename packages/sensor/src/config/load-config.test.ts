import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigInvalid } from "@propolis/core"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { configFromValue, loadConfig, parseConfig } from "./load-config.ts"
import { testCatalogue as catalogue } from "./test-catalogue.ts"

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "propolis-config-"))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function faultsOf(text: string): Promise<ConfigInvalid> {
  const outcome = await parseConfig(text, {
    catalogue,
    env: {},
    source: "propolis.yaml",
    baseDir: dir,
  }).catch((error: unknown) => error)
  expect(outcome).toBeInstanceOf(ConfigInvalid)
  return outcome as ConfigInvalid
}

describe("a configuration without faults", () => {
  it("is empty with every default", async () => {
    const config = await parseConfig("", { catalogue })
    expect(config).toMatchObject({
      listen: "127.0.0.1",
      sensor: { persona: "debian-12-web", captureMaxBytes: 1_073_741_824 },
      limits: { idleMs: 120_000, maxBufferedBytes: 262_144, udpCreditBytesPerHour: 2_048 },
      status: { host: "127.0.0.1", port: 4_041 },
      services: [],
      handlers: [],
    })
  })

  it("understands HoneyPy's words and units", async () => {
    const config = await parseConfig(
      `
limits: { idleMs: 1.5m, maxInputBytes: 64KiB, maxBufferedBytes: 1 MB }
status: { port: off }
services:
  Telnet: { plugin: TelnetUnix, port: tcp:2323, low_port: tcp:23, description: Logins, enabled: Yes }
  Echo.udp: { plugin: Echo_udp, low_port: udp:7, enabled: No }
`,
      { catalogue },
    )
    expect(config.limits).toMatchObject({
      idleMs: 90_000,
      maxInputBytes: 65_536,
      maxBufferedBytes: 1_000_000,
    })
    expect(config.status.port).toBeUndefined()
    const [telnet, echo] = config.services
    expect(telnet).toMatchObject({
      name: "Telnet",
      enabled: true,
      description: "Logins",
      lowPort: 23,
      definition: {
        transport: "tcp",
        host: "127.0.0.1",
        port: 2_323,
        tls: false,
        options: { attempts: 3, style: "unix" },
      },
    })
    expect(telnet!.emulator.name).toBe("telnet")
    expect(echo).toMatchObject({ enabled: false, lowPort: 7, definition: { transport: "udp", port: 10_007 } })
  })

  it("takes a HoneyPy plug-in's own ways from its name; the entry's options win", async () => {
    const text = `
services:
  A: { plugin: TelnetWindows, port: 5001 }
  B: { plugin: TelnetWindows, port: 5002, options: { style: unix, attempts: 2 } }
  C: { plugin: TelnetUnix, port: 5003 }`
    const config = await parseConfig(text, { catalogue })
    expect(config.services.map((service) => service.definition.options)).toMatchObject([
      { style: "windows", attempts: 3 },
      { style: "unix", attempts: 2 },
      { style: "unix", attempts: 3 },
    ])
  })

  it.each([
    ["the emulator's own port, 10000 higher", "emulator: telnet", { port: 10_023, lowPort: 23 }],
    ["a low port below 1024", "emulator: telnet, low_port: 24", { port: 10_024, lowPort: 24 }],
    ["a low port above", "emulator: telnet, low_port: 2323", { port: 2_323, lowPort: 2_323 }],
    ["a port alone", "emulator: telnet, port: 2323", { port: 2_323, lowPort: undefined }],
    ["a free port", "emulator: telnet, port: 0", { port: 0, lowPort: undefined }],
  ])("chooses ports: %s", async (_, entry, { port, lowPort }) => {
    const config = await parseConfig(`services: { T: { ${entry} } }`, { catalogue })
    expect(config.services[0]!.definition.port).toBe(port)
    expect(config.services[0]!.lowPort).toBe(lowPort)
  })

  it("lets tcp and udp, two addresses, and disabled services share a port", async () => {
    const text = `
services:
  A: { emulator: echo, port: tcp:5000 }
  B: { emulator: echo, port: udp:5000 }
  C: { emulator: echo, port: tcp:5000, listen: 127.0.0.2 }
  D: { emulator: echo, port: tcp:5000, enabled: false }
  E: { emulator: echo, port: tcp:5000, listen: "::1" }`
    expect((await parseConfig(text, { catalogue })).services).toHaveLength(5)
  })

  it("takes secrets from the environment and from files", async () => {
    writeFileSync(join(dir, "key"), "from a file\n")
    const text = `handlers: { hub: { options: { url: { env: HUB }, key: { file: key } } } }`
    const config = await parseConfig(text, { catalogue, env: { HUB: "https://hub.example/" }, baseDir: dir })
    expect(config.handlers[0]!.options).toEqual({ url: "https://hub.example/", key: "from a file" })
  })

  it("tells a handler's secrets apart from what may be shown", async () => {
    const text = `
handlers:
  hub: { options: { url: "https://h.example/hunter2-hunter2/x", key: hunter2-hunter2 } }
  other: { handler: hub, options: { url: { env: HUB }, key: "12345678" } }`
    const config = await parseConfig(text, { catalogue, env: { HUB: "https://hub.example/path-of-secret" } })
    expect(config.handlers.map(({ secrets, shownOptions }) => [secrets, shownOptions])).toEqual([
      [["hunter2-hunter2"], { url: "https://h.example/[secret]/x", key: "[secret]" }],
      [["12345678", "https://hub.example/path-of-secret"], { url: "[secret]", key: "[secret]" }],
    ])
  })

  it("reads a handler's filter", async () => {
    const text = `
handlers:
  file:
    filter:
      only: { services: [Telnet, "SSH*"], events: [RX] }
      except: [{ sources: [10.0.0.0/8] }, { attributes: { username: root } }]
  copy: { handler: file }`
    const config = await parseConfig(text, { catalogue })
    expect(config.handlers.map(({ filter }) => filter)).toEqual([
      {
        only: { services: ["Telnet", "SSH*"], events: ["RX"] },
        except: [{ sources: ["10.0.0.0/8"] }, { attributes: { username: "root" } }],
      },
      undefined,
    ])
  })

  it("follows anchors and merge keys", async () => {
    const text = `
services:
  A: &telnet { emulator: telnet, port: 5001, options: { attempts: 2 } }
  B: { <<: *telnet, port: 5002 }`
    const config = await parseConfig(text, { catalogue })
    expect(
      config.services.map((service) => [service.definition.port, service.definition.options]),
    ).toMatchObject([
      [5_001, { attempts: 2 }],
      [5_002, { attempts: 2 }],
    ])
  })

  it("loads an emulator and a log handler of the operator's own", async () => {
    writeFileSync(
      join(dir, "mine.mjs"),
      `import { z } from ${JSON.stringify(import.meta.resolve("zod"))}
const options = z.strictObject({})
export const other = 1
export const emulator = { name: "mine", title: "Mine", interaction: "low", transports: { tcp: 999 }, options, open: () => ({}) }
export const handler = { name: "sink", title: "Sink", batch: { maxEvents: 1 }, options, open: async () => ({}) }`,
    )
    const config = await parseConfig(
      `{ services: { Mine: { emulator: ./mine.mjs } }, handlers: { sink: { handler: ./mine.mjs } } }`,
      {
        catalogue,
        baseDir: dir,
      },
    )
    expect(config.services[0]).toMatchObject({
      lowPort: 999,
      definition: { port: 10_999, emulator: { name: "mine" } },
    })
    expect(config.handlers[0]!.handler.name).toBe("sink")
  })

  it("leaves the hub's part to the hub", async () => {
    const text = `{ hub: { listen: nonsense, store: { url: { env: NOT_HERE } } }, services: { A: { emulator: echo } } }`
    const config = await parseConfig(text, { catalogue, env: {} })
    expect(config.services.map((service) => service.name)).toEqual(["A"])
  })

  it("gives the command line's address to services that have none of their own", async () => {
    const text = `{ listen: 127.0.0.1, services: { A: { emulator: echo }, B: { emulator: echo, port: 5001, listen: 127.0.0.3 } } }`
    const config = await parseConfig(text, { catalogue, listen: "0.0.0.0" })
    expect(config.services.map((service) => service.definition.host)).toEqual(["0.0.0.0", "127.0.0.3"])
  })
})

describe("a configuration with faults", () => {
  it("names all of them, with place, reason and expectation", async () => {
    const fixture = new URL("fixtures/horrible.yaml", import.meta.url).pathname
    const outcome = await loadConfig(fixture, { catalogue, env: {} }).catch((error: unknown) => error)
    expect(outcome).toMatchObject({ code: "CONFIG_INVALID", exitCode: 78 })
    await expect(`${(outcome as ConfigInvalid).message}\n`).toMatchFileSnapshot(
      "fixtures/horrible.faults.txt",
    )
  })

  it.each([
    ["service", "did you mean services?"],
    ["hubb", "did you mean hub?"],
    ["nonsense", "unknown key;"],
  ])("tells a top-level key that is no part of either program: %s", async (key, hint) => {
    const { message } = await faultsOf(`${key}: {}`)
    expect(message).toContain(hint)
    expect(message).toContain("a part of the sensor (sensor, listen, ")
    expect(message).toContain("or of the hub (hub)")
  })

  it("never shows a secret's value", async () => {
    const { message } = await faultsOf(
      `{ sensor: { seed: hunter2 }, handlers: { hub: { options: { url: hunter2, key: hunter2 } } } }`,
    )
    expect(message).not.toContain("hunter2")
    expect(message).toContain("handlers.hub.options.key: got a text; expected at least 8 characters")
  })

  it("never shows what came from the environment, wherever it stands", async () => {
    const env = { A: "hunter2-a", B: "hunter2-b", C: "hunter2-c" }
    const text = `
sensor: { persona: { env: A } }
services: { T: { emulator: { env: B } } }
handlers: { hub: { handler: { env: C } } }`
    const fault = await parseConfig(text, { catalogue, env }).catch((error: unknown) => error)
    expect((fault as ConfigInvalid).faults).toHaveLength(3)
    expect((fault as ConfigInvalid).message).not.toContain("hunter2")
  })

  it.each([
    ["a block that is none", "only: { sources: [example.com] }", "an address or a block such as 10.0.0.0/8"],
    ["an unknown condition", "only: { service: [X] }", "did you mean services?"],
    ["an unknown attribute", "except: [{ attributes: { nonsense: x } }]", "attribute catalogue"],
  ])("names a fault in a filter: %s", async (_, filter, expected) => {
    const { message } = await faultsOf(`{ handlers: { file: { filter: { ${filter} } } } }`)
    expect(message).toContain(`handlers.file.filter.`)
    expect(message).toContain(expected)
  })

  it("writes control characters out", async () => {
    const { message } = await faultsOf(`{ "a\\e[2Jb": 1, status: { host: "\\u202e\\e[31m" } }`)
    expect(message).not.toMatch(/[\u001b\u202e]/)
  })

  it.each([
    ["not YAML", "services: [", "not YAML"],
    ["two documents", "a: 1\n---\nb: 2\n", "not YAML"],
    ["a list", "- 1", "is no map"],
    ["a text", "hello", "is no map"],
    ["services as a list", "services: [1]", "services: is no map"],
    ["a key that is a map", "? { a: b }\n: 1", "has a key that is not a text"],
    ["deep nesting", `services: ${"[".repeat(60)}${"]".repeat(60)}`, "nested more than 32 deep"],
    ["nesting beyond the stack", `services: ${"[".repeat(20_000)}`, "not "],
    ["an alias to nothing", "services: *nothing", "not "],
    ["a huge file", `# ${"x".repeat(1_100_000)}`, "more than 1,048,576 bytes"],
    [
      "an alias bomb",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: &d [${"*c,".repeat(9)}]\ne: [${"*d,".repeat(9)}]`,
      "alias",
    ],
  ])("refuses %s", async (_, text, reason) => {
    expect((await faultsOf(text)).message).toContain(reason)
  })

  it("says CONFIG_UNREADABLE for a file that is not there", async () => {
    await expect(loadConfig(join(dir, "none.yaml"), { catalogue })).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
      exitCode: 66,
    })
  })

  it("checks a value without a file too", async () => {
    await expect(
      configFromValue({ services: { A: { emulator: "nope" } } }, { catalogue }),
    ).rejects.toMatchObject({
      faults: [{ path: "services.A.emulator", line: undefined }],
    })
  })
})

/**
 * Real clients against a real sensor with the default profile: what the client saw, what went over
 * the wire (kept by a relay in between) and what the sensor recorded must be the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Batch, decodeEvent, defineLogHandler, type SensorEvent } from "@propolis/core"
import { requireProgram } from "@propolis/testkit"
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from "vitest"
import { parse, stringify } from "yaml"
import { z } from "zod"
import { builtInCatalogue, defaultProfileText, type RunningSensor, runSensor } from "../src/index.ts"
import { run } from "./clients.ts"
import { type Tap, type Tapped, tapTcp, tapUdp } from "./taps.ts"

let dir: string
let sensor: RunningSensor
const events: SensorEvent[] = []
const taps: Tap[] = []

const keep = defineLogHandler({
  name: "keep",
  title: "Keeps events for this test",
  options: z.strictObject({}),
  batch: { maxEvents: 1_000, maxBytes: 8_388_608, maxWaitMs: 10 },
  open: async () => ({
    async deliver(batch: Batch) {
      for (const line of Buffer.from(batch.ndjson).toString().trimEnd().split("\n"))
        events.push(decodeEvent(line))
      return undefined
    },
    async close() {},
  }),
})

/** The default profile on free ports, with events kept in memory. */
function profileOnFreePorts(): string {
  const profile = parse(defaultProfileText()) as {
    services: Record<string, { port?: string | number; low_port?: string }>
    handlers: unknown
  }
  for (const service of Object.values(profile.services)) {
    const transport = /^(tcp|udp):/.exec(`${service.port ?? service.low_port}`)?.[1] ?? "tcp"
    service.port = `${transport}:0`
  }
  return stringify({ ...profile, handlers: { keep: {} } })
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "propolis-interop-"))
  const configPath = join(dir, "propolis.yaml")
  writeFileSync(configPath, profileOnFreePorts())
  const builtIn = builtInCatalogue()
  sensor = await runSensor({
    configPath,
    dataDir: join(dir, "data"),
    statusPort: 0,
    catalogue: { ...builtIn, handlers: [keep] },
  })
})
afterEach(async () => {
  await Promise.all(taps.splice(0).map((tap) => tap.close()))
})
afterAll(async () => {
  await sensor?.close()
  rmSync(dir, { recursive: true, force: true })
})

function portOf(name: string): number {
  const service = sensor.services().find((each) => each.name === name)
  if (service?.state !== "listening") throw new Error(`${name} does not listen: ${service?.reason}`)
  return service.port
}

async function tap(name: string): Promise<Tap> {
  const service = sensor.services().find((each) => each.name === name)!
  const made = await (service.transport === "tcp" ? tapTcp : tapUdp)(portOf(name))
  taps.push(made)
  return made
}

function needs({ skip }: TestContext, program: string, debianPackage: string): void {
  if (!requireProgram(program, debianPackage, `the sensor against ${program}`)) skip()
}

const payload = (list: readonly SensorEvent[], kind: "RX" | "TX") =>
  Buffer.concat(list.filter((event) => event.event === kind).map((event) => event.data))

/** The events of one tapped connection, when its end was delivered (UDP: when all datagrams were). */
async function recorded(tapped: Tapped, service: string): Promise<SensorEvent[]> {
  for (;;) {
    const mine = events.filter((event) => event.service === service && event.remotePort === tapped.port)
    const done =
      mine.some((event) => event.event === "DISCONNECT") ||
      (mine[0]?.protocol === "UDP" &&
        mine.filter((event) => event.event === "RX").length >= tapped.toSensor.length &&
        mine.filter((event) => event.event === "TX").length >= tapped.toClient.length)
    if (done) return mine
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** What was recorded is what went over the wire, byte for byte, in sessions without gaps. */
async function expectExact(tapped: Tapped, service: string): Promise<SensorEvent[]> {
  const mine = await recorded(tapped, service)
  expect(mine.map((event) => event.seq)).toEqual(mine.map((_, i) => i))
  expect(new Set(mine.map((event) => event.session)).size).toBe(1)
  expect(mine.every((event) => event.remoteHost === "127.0.0.1" && event.localPort === portOf(service))).toBe(
    true,
  )
  expect(payload(mine, "RX").equals(Buffer.concat(tapped.toSensor)), `${service}: RX`).toBe(true)
  expect(payload(mine, "TX").equals(Buffer.concat(tapped.toClient)), `${service}: TX`).toBe(true)
  return mine
}

function attribute(list: readonly SensorEvent[], name: string): string[] {
  return list.flatMap((event) => event.attributes[name] ?? [])
}

it("runs every service of the default profile", () => {
  expect(sensor.services().filter((service) => service.state !== "listening")).toEqual([])
})

describe("nc", () => {
  it("gets back from Echo what it sent, and every byte is recorded", async (context) => {
    needs(context, "nc", "netcat-openbsd")
    const echo = await tap("Echo")
    const input = Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 31) & 0xff))
    const { stdout } = await run("nc", ["-N", "127.0.0.1", String(echo.port)], { input })
    await echo.idle()
    expect(stdout.equals(input)).toBe(true)
    const mine = await expectExact(echo.tapped[0]!, "Echo")
    expect(payload(mine, "RX").equals(input)).toBe(true)
  })

  it("gets a datagram back from Echo over UDP", async (context) => {
    needs(context, "nc", "netcat-openbsd")
    const echo = await tap("Echo.udp")
    const { stdout } = await run("nc", ["-u", "-w", "1", "127.0.0.1", String(echo.port)], { input: "ping" })
    expect(stdout.toString()).toBe("ping")
    await expectExact(echo.tapped[0]!, "Echo.udp")
  })

  it("reads the message of the day", async (context) => {
    needs(context, "nc", "netcat-openbsd")
    const motd = await tap("MOTD")
    const { stdout } = await run("nc", ["127.0.0.1", String(motd.port)])
    await motd.idle()
    expect(stdout.length).toBeGreaterThan(0)
    expect(Buffer.concat(motd.tapped[0]!.toClient).equals(stdout)).toBe(true)
    await expectExact(motd.tapped[0]!, "MOTD")
  })
})

describe("curl", () => {
  it("sees a web server of the persona's, and its request and the answer are recorded", async (context) => {
    needs(context, "curl", "curl")
    const web = await tap("HTTP")
    const args = [
      "-s",
      "-i",
      "--raw",
      "-A",
      "probe/1.0",
      "-u",
      "admin:s3cret",
      `http://127.0.0.1:${web.port}/`,
    ]
    const { code, stdout } = await run("curl", args)
    await web.idle()
    expect(code).toBe(0)
    const answer = stdout.toString("latin1")
    expect(answer).toMatch(/^HTTP\/1\.1 \d{3} /)
    const apache = sensor.persona.products.http!
    expect(answer).toContain(`\r\nServer: ${apache.name}/${apache.version} ${apache.extra}\r\n`)
    const mine = await expectExact(web.tapped[0]!, "HTTP")
    expect(payload(mine, "TX").equals(stdout)).toBe(true)
    expect(payload(mine, "RX").toString("latin1")).toBe(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\nAuthorization: Basic YWRtaW46czNjcmV0\r\nUser-Agent: probe/1.0\r\nAccept: */*\r\n\r\n`,
    )
    expect(attribute(mine, "userAgent")).toContain("probe/1.0")
    expect(attribute(mine, "username")).toContain("admin")
    expect(attribute(mine, "password")).toContain("s3cret")
  })

  it("gets errors for what is not there, and keeps its connection", async (context) => {
    needs(context, "curl", "curl")
    const web = await tap("HTTP.8080")
    const base = `http://127.0.0.1:${web.port}`
    const { stdout } = await run("curl", [
      "-s",
      "-o",
      "/dev/null",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code} ",
      `${base}/no-such-page`,
      `${base}/robots.txt`,
    ])
    await web.idle()
    expect(stdout.toString()).toMatch(/^404 \d{3} $/)
    expect(web.tapped).toHaveLength(1)
    await expectExact(web.tapped[0]!, "HTTP.8080")
  })

  it("is answered over TLS with the persona's certificate; the plaintext is recorded", async (context) => {
    needs(context, "curl", "curl")
    const web = await tap("HTTPS")
    const { code, stdout, stderr } = await run("curl", [
      "-sv",
      "-k",
      "-i",
      "--raw",
      "--http1.1",
      `https://127.0.0.1:${web.port}/`,
    ])
    await web.idle()
    expect(code).toBe(0)
    expect(stderr).toContain(`subject: CN=${sensor.persona.hostName}.${sensor.persona.domain}`)
    const mine = await recorded(web.tapped[0]!, "HTTPS")
    expect(payload(mine, "TX").equals(stdout)).toBe(true)
    expect(payload(mine, "RX").toString("latin1")).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: /)
  })
})

describe("telnet", () => {
  it.for(["Telnet", "Telnet.2323"])(
    "is asked to log in by %s, and what it typed is recorded",
    async (service, context) => {
      needs(context, "telnet", "inetutils-telnet")
      const telnet = await tap(service)
      const { stdout } = await run("telnet", ["127.0.0.1", String(telnet.port)], {
        turns: [
          { wait: /login: /i, say: "root\n" },
          { wait: /password: /i, say: "no-such-password\n" },
          { wait: /incorrect/i, say: "" },
        ],
      })
      await telnet.idle()
      expect(stdout.toString("latin1")).toMatch(/login: .*password: /is)
      const mine = await expectExact(telnet.tapped[0]!, service)
      expect(attribute(mine, "username")).toContain("root")
      expect(attribute(mine, "password")).toContain("no-such-password")
      // Not Cowrie's first bytes: a lone IAC DO NAWS.
      expect(Buffer.concat(telnet.tapped[0]!.toClient).toString("latin1")).not.toMatch(
        /^\u00ff\u00fd\u001f(?![\u00ff])/,
      )
    },
  )
})

describe("curl on POP3, a service without code", () => {
  it("is refused as Dovecot refuses, and its commands are recorded", async (context) => {
    needs(context, "curl", "curl")
    const mail = await tap("POP3")
    const { code } = await run("curl", ["-s", "-u", "anna:winter2026", `pop3://127.0.0.1:${mail.port}/`])
    await mail.idle()
    // CURLE_LOGIN_DENIED
    expect(code).toBe(67)
    const mine = await expectExact(mail.tapped[0]!, "POP3")
    expect(payload(mine, "TX").toString("latin1")).toMatch(/^\+OK Dovecot \(Debian\) ready\.\r\n/)
    const response = Buffer.from("\0anna\0winter2026").toString("base64")
    expect(attribute(mine, "command")).toEqual(expect.arrayContaining(["CAPA", "AUTH PLAIN", response]))
  })
})

describe("dig", () => {
  it.for([
    ["DNS.udp", "+notcp"],
    ["DNS", "+tcp"],
  ] as const)("is answered by %s, the same twice", async ([service, transport], context) => {
    needs(context, "dig", "bind9-dnsutils")
    const dns = await tap(service)
    const name = `${sensor.persona.hostName}.${sensor.persona.domain}`
    const ask = () =>
      run("dig", [
        "@127.0.0.1",
        "-p",
        String(dns.port),
        transport,
        "+tries=1",
        "+time=5",
        "+noall",
        "+comments",
        "+answer",
        name,
        "A",
      ])
    const first = await ask()
    const second = await ask()
    await dns.idle()
    const answerOf = (ran: { stdout: Buffer }) =>
      ran.stdout
        .toString()
        .split("\n")
        .filter((line) => !line.startsWith(";") && line !== "")
    expect(first.stdout.toString()).toMatch(/status: [A-Z]+/)
    expect(answerOf(second)).toEqual(answerOf(first))
    for (const tapped of dns.tapped) {
      const mine = await expectExact(tapped, service)
      expect(attribute(mine, "dnsName").map((each) => each.replace(/\.$/, "").toLowerCase())).toContain(name)
      expect(attribute(mine, "dnsType")).toContain("A")
    }
  })
})

describe("nmap", () => {
  /** `-sV` without root; the lines of the ports, in their order. */
  async function scan(taps: readonly Tap[], intensity: number): Promise<string[]> {
    const ports = taps.map((each) => each.port).join(",")
    const args = [
      "-sV",
      "-sT",
      "-Pn",
      "-n",
      "--version-intensity",
      String(intensity),
      "-p",
      ports,
      "127.0.0.1",
    ]
    const report = (await run("nmap", args)).stdout.toString()
    expect(report).not.toMatch(/honeypot|honeyd|kojoney|dionaea|cowrie|nepenthes|twisted|python/i)
    return taps.map(
      (each) => report.split("\n").find((line) => line.startsWith(`${each.port}/tcp`)) ?? report,
    )
  }

  it("-sV names the persona's products and no honeypot, and every byte is recorded", async (context) => {
    needs(context, "nmap", "nmap")
    const names = ["Telnet", "HTTP", "DNS"] as const
    const [telnet, web, dns] = (await Promise.all(names.map((name) => tap(name)))) as [Tap, Tap, Tap]
    // A telnet server says who it is by itself; more probes would only wait for its time-outs.
    const [[telnetLine], [webLine, dnsLine]] = await Promise.all([scan([telnet], 0), scan([web, dns], 5)])
    const { version } = sensor.persona.products.http!
    expect(telnetLine).toMatch(/ open +telnet/)
    expect(webLine).toMatch(new RegExp(` open +http +Apache httpd ${version.replaceAll(".", "\\.")}`))
    expect(dnsLine).toMatch(/ open +domain/)
    const connections = [telnet, web, dns].flatMap((each, i) =>
      each.tapped.map((tapped) => ({ tapped, name: names[i]! })),
    )
    await Promise.all([telnet, web, dns].map((each) => each.idle()))
    for (const { tapped, name } of connections) {
      const mine = await recorded(tapped, name)
      // A client that hangs up in the middle leaves bytes behind that nobody reads.
      expect(Buffer.concat(tapped.toSensor).indexOf(payload(mine, "RX"))).toBe(0)
      expect(payload(mine, "TX").indexOf(Buffer.concat(tapped.toClient))).toBe(0)
    }
  }, 180_000)
})

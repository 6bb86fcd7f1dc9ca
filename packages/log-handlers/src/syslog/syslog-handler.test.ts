import { createSocket } from "node:dgram"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { encodeEvent, type LogHandler, type OpenLogHandler, type SensorEvent } from "@propolis/core"
import { requireProgram } from "@propolis/testkit"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { startDebianPeer } from "../sockets/debian-peer.test-support.ts"
import { makeCertificate, startTcpPeer } from "../sockets/tcp-peer.test-support.ts"
import { cefMessage } from "./cef.ts"
import { syslogLogHandler } from "./syslog-handler.ts"
import { syslogMessage } from "./syslog-message.ts"

const never = new AbortController().signal
const idsOf = (events: readonly SensorEvent[]) => events.map((event) => event.id)

/** RFC 6587 §3.4.1, read strictly. */
function framesOf(bytes: Buffer): string[] {
  const frames: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const digits = bytes.toString("latin1", at, space)
    expect(digits).toMatch(/^[1-9][0-9]*$/)
    const end = space + 1 + Number(digits)
    expect(end).toBeLessThanOrEqual(bytes.length)
    frames.push(bytes.toString("utf8", space + 1, end))
    at = end
  }
  return frames
}

/** RFC 5424 §6, as far as our messages use it. */
const messagePattern =
  /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) ([!-~]{1,48}) - (CONNECT|RX|TX|INFO|DISCONNECT) \[propolis@32473 id="([^"\\\]]+)"((?: [a-z]+="[^"\\\]]*")+)\] (.*)$/

describeLogHandler("syslog", async () => {
  const peer = await startTcpPeer()
  let isUp = true
  return {
    handler: syslogLogHandler as LogHandler,
    options: { host: "127.0.0.1", port: peer.port },
    delivered: async () =>
      peer.received.flatMap(framesOf).map((message) => messagePattern.exec(message)?.[6] ?? message),
    async breakPeer() {
      isUp = false
      await peer.down()
      return async () => {
        await peer.up()
        isUp = true
      }
    },
    stallPeer: () => peer.stall(),
    stop: async () => {
      if (isUp) await peer.down()
    },
  }
})

const shape = {
  facility: "local0",
  appName: "propolis",
  format: "event",
  enterpriseNumber: 32_473,
  maxMessageBytes: 8_192,
} as const
const [connect, rx] = oddEvents(0, 2) as [SensorEvent, SensorEvent]

describe("a syslog message", () => {
  it("is RFC 5424's: priority, the event's own time, sensor, kind, structured data, JSON", () => {
    const match = messagePattern.exec(Buffer.from(syslogMessage(rx, shape)!).toString())!
    expect(match.slice(1, 7)).toEqual([
      "133",
      new Date(rx.time).toISOString(),
      "sensor-1",
      "propolis",
      "RX",
      rx.id,
    ])
    expect(match[7]).toContain(` src="198.51.100.7" spt="40001" dst="127.0.0.1" dpt="10023"`)
    expect(JSON.parse(match[8]!)).toEqual(JSON.parse(encodeEvent(rx)))
    const odd = { ...rx, attributes: { username: "\u202e\u2028é😀\x7f" } }
    const shown = Buffer.from(syslogMessage(odd, shape)!).toString()
    expect(shown).toMatch(/^[ -~]+$/)
    expect(JSON.parse(messagePattern.exec(shown)![8]!).attributes).toEqual(odd.attributes)
  })

  it.each(["event", "ecs", "honeypy", "cef"] as const)(
    "of format %s is cut to fit, without being broken",
    (format) => {
      const event = {
        ...rx,
        bytes: 60_000,
        data: new Uint8Array(60_000).fill(0x22),
        attributes: { url: "/x" },
      }
      const bytes = syslogMessage(event, { ...shape, format, maxMessageBytes: 2_048 })!
      expect(bytes.length).toBeLessThanOrEqual(2_048)
      const text = messagePattern.exec(Buffer.from(bytes).toString())![8]!
      if (format !== "cef") expect(() => JSON.parse(text)).not.toThrow()
      if (format === "event")
        expect(JSON.parse(text)).toMatchObject({ bytes: 60_000, attributes: { truncated: "true" } })
    },
  )

  it("loses its attributes last, and is refused where that is not enough", () => {
    const event = { ...rx, attributes: { url: "x".repeat(8_192) } }
    const text = Buffer.from(syslogMessage(event, { ...shape, maxMessageBytes: 1_024 })!).toString()
    expect(JSON.parse(messagePattern.exec(text)![8]!).attributes).toEqual({ truncated: "true" })
    expect(syslogMessage(event, { ...shape, maxMessageBytes: 300 })).toBeUndefined()
  })
})

describe("the Common Event Format", () => {
  it("has the dictionary's keys", () => {
    const event = {
      ...rx,
      data: Buffer.from("GET / HTTP/1.0\r\n"),
      bytes: 16,
      attributes: { username: "root" },
    }
    expect(cefMessage(event)).toBe(
      `CEF:0|Propolis|Propolis sensor|1|RX|Data received by a decoy service|5|rt=${rx.time} externalId=${rx.id} dvchost=sensor-1 proto=TCP app=DNS.udp src=198.51.100.7 spt=40001 dst=127.0.0.1 dpt=10023 in=16 cs1Label=session cs1=${rx.session} duser=root msg=GET / HTTP/1.0\\\\r\\\\n`,
    )
  })
  it("names IPv6 addresses as the dictionary does", () => {
    expect(cefMessage(connect)).toContain(" c6a2Label=Source IPv6 Address c6a2=2001:db8::7 ")
  })
  it("cannot be given a field by an attacker", () => {
    const attributes = { username: "x src=192.0.2.1\nCEF:0|a|b \\= y", url: "a=b" }
    const text = cefMessage({ ...rx, data: new Uint8Array(0), attributes })
    expect(text).not.toMatch(/[\r\n]/)
    expect(text.match(/(?<!\\)src=/g)).toEqual(["src="])
    expect(text).toContain("request=a\\=b")
  })
})

describe("syslog's transports", () => {
  let dir: string
  const opened: OpenLogHandler[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "propolis-syslog-"))
  })
  afterEach(async () => {
    for (const handler of opened.splice(0)) await handler.close()
    await rm(dir, { recursive: true, force: true })
  })
  async function open(options: object): Promise<OpenLogHandler> {
    const parsed = syslogLogHandler.options.parse({ host: "127.0.0.1", ...options })
    const ports = { now: Date.now, log: () => {}, sensor: "s", dataDir: dir }
    const handler = await syslogLogHandler.open(parsed, ports)
    opened.push(handler)
    return handler
  }

  it("udp sends a message a datagram, and notices a port that is closed", async () => {
    const server = createSocket("udp4")
    const messages: string[] = []
    server.on("message", (message) => messages.push(message.toString()))
    await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve))
    const { port } = server.address()
    const handler = await open({ transport: "udp", port })
    const events = oddEvents(0, 20)
    await handler.deliver(batchOf(1, events), never)
    await expect.poll(() => messages.map((text) => messagePattern.exec(text)?.[6])).toEqual(idsOf(events))
    await new Promise<void>((resolve) => server.close(resolve))
    const failed = { code: "DELIVERY_FAILED", retry: true }
    await expect(handler.deliver(batchOf(2, events), never)).rejects.toMatchObject(failed)
    await expect(handler.deliver(batchOf(2, events), AbortSignal.abort(new Error("stop")))).rejects.toThrow(
      "stop",
    )
  })

  it.runIf(requireProgram("openssl", "openssl"))("tls counts octets as tcp does", async () => {
    const { cert, key } = makeCertificate(dir)
    const peer = await startTcpPeer({ tls: { cert, key } })
    const handler = await open({ transport: "tls", port: peer.port, tlsCaFile: "peer.crt" })
    const events = oddEvents(0, 40)
    await handler.deliver(batchOf(1, events), never)
    expect(peer.received.flatMap(framesOf).map((text) => messagePattern.exec(text)?.[6])).toEqual(
      idsOf(events),
    )
    await peer.down()
  })

  it.runIf(requireProgram("rsyslogd", "rsyslog"))(
    "are read by rsyslog, over tcp and udp, as they were meant",
    async () => {
      const rsyslog = await startDebianPeer({
        program: "rsyslogd",
        async command(dir, port) {
          const file = join(dir, "rsyslog.conf")
          const lines = [
            `global(workDirectory="${dir}")`,
            'module(load="imtcp")',
            'module(load="imudp")',
            'template(name="t" type="string" string="%pri%\\t%hostname%\\t%app-name%\\t%msgid%\\t%timestamp:::date-rfc3339%\\t%structured-data%\\t%msg%\\n")',
            `ruleset(name="r") { action(type="omfile" file="${dir}/out" template="t") }`,
            `input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="r")`,
            `input(type="imudp" address="127.0.0.1" port="${port}" ruleset="r")`,
          ]
          await writeFile(file, `${lines.join("\n")}\n`)
          return { args: ["-n", "-f", file, "-i", join(dir, "pid")] }
        },
      })
      try {
        for (const transport of ["tcp", "udp"]) {
          const events = oddEvents(transport === "tcp" ? 0 : 100, 50)
          const handler = await open({ transport, port: rsyslog.port })
          await handler.deliver(batchOf(1, events), never)
          const read = async () => {
            const text = await readFile(join(rsyslog.dir, "out"), "utf8").catch(() => "")
            return text.split("\n").slice(transport === "tcp" ? 0 : 50, -1)
          }
          await expect.poll(async () => (await read()).length, { timeout: 10_000 }).toBe(50)
          for (const [i, line] of (await read()).entries()) {
            const event = events[i]!
            const [priority, host, app, kind, time, structured, message] = line.split("\t")
            expect([priority, host, app, kind]).toEqual(["133", "sensor-1", "propolis", event.event])
            expect(Date.parse(time!)).toBe(event.time)
            expect(structured).toContain(`[propolis@32473 id="${event.id}" session="${event.session}"`)
            expect(JSON.parse(message!)).toEqual(JSON.parse(encodeEvent(event)))
          }
        }
      } finally {
        await rsyslog.stop()
      }
    },
  )
})

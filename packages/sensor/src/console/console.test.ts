import { EventEmitter } from "node:events"
import { bytesFromText, type SensorEvent } from "@propolis/core"
import { afterEach, describe, expect, it } from "vitest"
import { type ConsoleOutput, createConsole, type SensorConsole } from "./console.ts"
import { fitWidth } from "./text-width.ts"

class Terminal extends EventEmitter implements ConsoleOutput {
  text = ""
  accepts = true
  constructor(options: { tty?: boolean; columns?: number } = {}) {
    super()
    this.isTTY = options.tty ?? false
    this.columns = options.columns
  }
  readonly isTTY: boolean
  readonly columns: number | undefined
  write(text: string): boolean {
    this.text += text
    return this.accepts
  }
  get lines(): string[] {
    return this.text.split("\n").slice(0, -1)
  }
}

function event(change: Partial<SensorEvent> = {}): SensorEvent {
  return {
    id: "018f0000-0000-7000-8000-000000000000",
    time: Date.UTC(2026, 10, 22, 12, 34, 56),
    sensor: "s",
    session: "018f0000-0000-7000-8000-000000000001",
    seq: 0,
    protocol: "TCP",
    event: "RX",
    service: "Telnet",
    emulator: "telnet",
    localHost: "127.0.0.1",
    localPort: 10_023,
    remoteHost: "203.0.113.7",
    remotePort: 4_242,
    bytes: 6,
    data: bytesFromText("root\r\n"),
    sha256: "",
    attributes: {},
    ...change,
  }
}

let view: SensorConsole | undefined
afterEach(() => view?.close())

function start(
  out: Terminal,
  options: { clock?: { now: number }; maxLinesPerSecond?: number; env?: Record<string, string> } = {},
) {
  const { clock = { now: 0 }, env = {}, ...rest } = options
  view = createConsole({ out, now: () => clock.now, env, ...rest })
  return view
}

describe("an event's line", () => {
  it("is plain in a pipe", () => {
    const out = new Terminal()
    start(out).event(event())
    expect(out.lines).toEqual(["12:34:56 Telnet       203.0.113.7:4242      RX         6 B root\\r\\n"])
  })

  it("is coloured in a terminal, unless NO_COLOR says no", () => {
    const coloured = new Terminal({ tty: true, columns: 100 })
    start(coloured).event(event())
    expect(coloured.text).toContain("\u001b[33mRX        \u001b[0m")
    const plain = new Terminal({ tty: true, columns: 100 })
    start(plain, { env: { NO_COLOR: "1" } }).event(event())
    expect(plain.text).not.toContain("\u001b")
  })

  it("shows what an attacker sent without obeying it", () => {
    const out = new Terminal({ tty: true, columns: 200 })
    start(out, { env: { NO_COLOR: "1" } }).event(
      event({
        data: bytesFromText("\u001b[2J\u202e\u0007\n<b>"),
        attributes: { username: "\u001b]0;owned\u0007\r\n" },
      }),
    )
    expect(out.lines).toHaveLength(1)
    expect(out.lines[0]).not.toMatch(/[\u0000-\u001f\u202e]/)
    expect(out.lines[0]).toContain("username=\\x1b]0;owned\\x07\\r\\n \\x1b[2J\\u202e\\x07\\n<b>")
  })

  it.each([40, 41, 60, 80, 120])("is never wider than the terminal (%i columns)", (columns) => {
    const out = new Terminal({ tty: true, columns })
    const one = start(out, { env: { NO_COLOR: "1" } })
    one.event(event({ data: bytesFromText("漢字".repeat(500)) }))
    one.event(event({ data: new Uint8Array(65_536).fill(255) }))
    one.event(event({ remoteHost: "2001:db8:1111:2222:3333:4444:5555:6666", service: "x".repeat(64) }))
    for (const line of out.lines) {
      const wide = [...line].reduce(
        (sum, character) => sum + (character > "\u1100" && character !== "…" ? 2 : 1),
        0,
      )
      expect(wide).toBeLessThanOrEqual(columns)
    }
  })
})

describe("a flood", () => {
  it("is cut to what a person can read; the rest is counted", () => {
    const out = new Terminal()
    const clock = { now: 0 }
    const one = start(out, { clock, maxLinesPerSecond: 10 })
    for (let i = 0; i < 1_244; i++) one.event(event())
    expect(out.lines).toHaveLength(10)
    expect(one.skipped).toBe(1_234)
    clock.now = 100
    one.event(event())
    expect(out.lines.slice(10)).toEqual(["… 1,234 more", expect.stringContaining("Telnet")])
  })

  it("waits for a slow reader without keeping anything", () => {
    const out = new Terminal()
    out.accepts = false
    const clock = { now: 0 }
    const one = start(out, { clock })
    for (let i = 0; i < 100; i++) {
      clock.now += 1_000
      one.event(event())
    }
    expect(out.lines).toHaveLength(1)
    out.accepts = true
    out.emit("drain")
    one.event(event())
    expect(out.lines).toHaveLength(3)
    expect(out.lines[1]).toBe("… 99 more")
  })

  it("tells at the end what was left out", () => {
    const out = new Terminal()
    const one = start(out, { maxLinesPerSecond: 1 })
    for (let i = 0; i < 5; i++) one.event(event())
    one.close()
    expect(out.lines.at(-1)).toBe("… 4 more")
  })
})

it("outlives a reader that goes away", () => {
  const out = new Terminal()
  const one = start(out)
  out.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))
  one.event(event())
  one.line("more")
  expect(out.text).toBe("")
  one.close()
  out.emit("error", new Error("late"))
})

it("writes lines and tables, escaped and aligned", () => {
  const out = new Terminal()
  const one = start(out)
  one.line("first\nC:\\second\u001b[31m")
  one.warn("bad")
  one.table(
    ["name", "state"],
    [
      ["Telnet", "listening"],
      ["Ec\nho", ""],
    ],
  )
  expect(out.lines).toEqual([
    "first",
    "C:\\second\\x1b[31m",
    "bad",
    "name    state",
    "Telnet  listening",
    "Ec\\nho",
  ])
})

it.each([
  ["abc", 3, "abc"],
  ["abcd", 3, "ab…"],
  ["漢字漢", 5, "漢字…"],
  ["漢字", 4, "漢字"],
  ["e\u0301e\u0301", 2, "e\u0301e\u0301"],
])("fits %s into %i columns", (text, width, expected) => expect(fitWidth(text, width)).toBe(expected))

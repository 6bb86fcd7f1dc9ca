import { decodeEvent, encodeEvent, specialUseOf } from "@propolis/core"
import { describe, expect, test } from "vitest"
import { generateEvents } from "./generate-events.ts"

const from = Date.UTC(2026, 0, 1)
const to = from + 86_400_000
const options = { seed: 11, count: 20_000, from, to, hosts: 500 }
const events = [...generateEvents(options)]

describe("generated events", () => {
  test("the same options give the same events, another seed others", () => {
    expect([...generateEvents(options)]).toEqual(events)
    expect([...generateEvents({ ...options, seed: 12, count: 5 })]).not.toEqual(events.slice(0, 5))
  })

  test("every one is valid on the wire, lies in the span, has an id above the one before", () => {
    expect(events).toHaveLength(20_000)
    let previous = ""
    for (const event of events) {
      expect(decodeEvent(encodeEvent(event)).id).toBe(event.id)
      expect(event.id > previous && event.time >= from && event.time < to).toBe(true)
      previous = event.id
    }
  })

  test("sessions are whole: seq without gaps, TCP from CONNECT to DISCONNECT, UDP without either", () => {
    const sessions = new Map<string, typeof events>()
    for (const event of events) sessions.set(event.session, [...(sessions.get(event.session) ?? []), event])
    const whole = [...sessions.values()].slice(0, -1)
    for (const list of whole) {
      expect(list.map(({ seq }) => seq)).toEqual(list.map((_, i) => i))
      const kinds = list.map(({ event }) => event)
      if (list[0]!.protocol === "TCP") expect([kinds[0], kinds.at(-1)]).toEqual(["CONNECT", "DISCONNECT"])
      else expect(kinds).not.toContain("CONNECT")
    }
  })

  test("life's shape: few hosts do most, payloads come again, all services are there, viewers are tested", () => {
    const count = (keys: string[]) => {
      const counts = new Map<string, number>()
      for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
      return [...counts.values()].sort((a, b) => b - a)
    }
    const hosts = count(events.map(({ remoteHost }) => remoteHost))
    expect(hosts[0]! / events.length).toBeGreaterThan(0.05)
    expect(hosts.length).toBeGreaterThan(300)
    const digests = events.filter(({ sha256 }) => sha256 !== "").map(({ sha256 }) => sha256)
    expect(new Set(digests).size / digests.length).toBeLessThan(0.3)
    expect(new Set(events.map(({ service }) => service)).size).toBeGreaterThan(45)
    const text = events.map(({ data }) => Buffer.from(data).toString()).join("")
    for (const mark of ["<script>", "\u001b[", "\u202e", "\u0000"]) expect(text).toContain(mark)
  })

  test("documentation addresses alone where that is asked for", () => {
    for (const { remoteHost } of generateEvents({ ...options, count: 2_000, sources: "documentation" })) {
      expect(specialUseOf(remoteHost)).toBe("documentation")
    }
  })
})

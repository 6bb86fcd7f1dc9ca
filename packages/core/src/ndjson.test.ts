import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { attributeCatalogue } from "./attributes.ts"
import { PropolisError } from "./errors.ts"
import { eventKinds, protocols, type SensorEvent } from "./event.ts"
import { decodeEvent, decodeTrustedEvent, encodeEvent } from "./ndjson.ts"

const port = fc.integer({ min: 0, max: 65_535 })
const hexDigits = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 64, maxLength: 64 })
const names = Object.keys(attributeCatalogue)
const event: fc.Arbitrary<SensorEvent> = fc.record({
  id: fc.uuid({ version: 7 }),
  time: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  sensor: fc.constant("sensor-1"),
  session: fc.uuid(),
  seq: fc.nat(),
  protocol: fc.constantFrom(...protocols),
  event: fc.constantFrom(...eventKinds),
  service: fc.constantFrom("Telnet", "DNS.udp"),
  emulator: fc.constant("telnet"),
  localHost: fc.constant("127.0.0.1"),
  localPort: port,
  remoteHost: fc.constantFrom("203.0.113.9", "2001:db8::17"),
  remotePort: port,
  bytes: fc.nat(),
  data: fc.uint8Array({ maxLength: 2_000 }),
  sha256: fc.oneof(fc.constant(""), hexDigits),
  attributes: fc.dictionary(
    fc.constantFrom(...names),
    fc.string({ unit: "binary", maxLength: 200 }).filter((text) => text.isWellFormed()),
  ),
})

const sample = () =>
  JSON.parse(encodeEvent(fc.sample(event, { numRuns: 1, seed: 3 })[0]!)) as Record<string, unknown>

describe("the wire format", () => {
  it("keeps every field and every byte, on one line", () => {
    fc.assert(
      fc.property(event, (original) => {
        const line = encodeEvent(original)
        expect(line).not.toContain("\n")
        for (const decode of [decodeEvent, decodeTrustedEvent]) {
          const again = decode(line)
          expect({ ...again, data: [...again.data], attributes: { ...again.attributes } }).toEqual({
            ...original,
            data: [...original.data],
            attributes: { ...original.attributes },
          })
        }
      }),
    )
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["an unknown version", { v: 2 }, /v: /],
    ["an unknown field", { forged: 1 }, /forged/],
    ["a bad id", { id: "x" }, /id: expected a UUID/],
    ["an upper-case id", { id: "0190C2A1-0000-7000-8000-000000000000" }, /id: expected a UUID/],
    ["a fractional time", { time: 1.5 }, /time: /],
    [
      "an address that is none",
      { remoteHost: "evil.example" },
      /remoteHost: expected an IPv4 or IPv6 address/,
    ],
    ["a port out of range", { remotePort: 65_536 }, /remotePort: /],
    ["a service with a space", { service: "a b" }, /service: expected/],
    ["payload that is not base64", { data: "***" }, /data: expected base64/],
    ["an attribute that is not catalogued", { attributes: { evil: "1" } }, /attributes/],
    ["an attribute that is no text", { attributes: { username: 1 } }, /attributes\.username/],
    [
      "a prototype's name as an attribute",
      { attributes: JSON.parse('{"__proto__":"x","constructor":"y"}') },
      /attributes/,
    ],
  ])("refuses %s and says so", (_, change, reason) => {
    const line = JSON.stringify({ ...sample(), ...change })
    expect(() => decodeEvent(line)).toThrowError(reason)
    expect(() => decodeEvent(line)).toThrowError(PropolisError)
  })

  it("tells all faults of a line at once", () => {
    expect(() => decodeEvent(JSON.stringify({ ...sample(), id: 1, seq: -1, service: "" }))).toThrowError(
      /id: .*; seq: .*; service: /,
    )
  })

  it("writes an IPv4-mapped source as IPv4", () => {
    expect(decodeEvent(JSON.stringify({ ...sample(), remoteHost: "::ffff:192.0.2.1" })).remoteHost).toBe(
      "192.0.2.1",
    )
  })

  it.each(["", "{", "null", "[]", "1", '"x"'])("refuses %j", (line) =>
    expect(() => decodeEvent(line)).toThrowError(PropolisError),
  )
})

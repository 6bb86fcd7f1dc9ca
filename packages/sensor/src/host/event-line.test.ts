import { attributeCatalogue, decodeEvent, encodeEvent, namePattern, type SensorEvent } from "@propolis/core"
import fc from "fast-check"
import { expect, it } from "vitest"
import { bareLine, infoLine, lineFrame, payloadLine } from "./event-line.ts"
import { checkedAttributes, maxAttributeCharacters } from "./recorded-attributes.ts"

const name = fc.stringMatching(namePattern)
const port = fc.integer({ min: 0, max: 65_535 })
const address = fc.constantFrom("127.0.0.1", "203.0.113.9", "2001:db8::1", "::1")
const uuid = fc.uuid()
const attributes = fc.dictionary(
  fc.constantFrom(...Object.keys(attributeCatalogue)),
  fc.string({ unit: "binary", maxLength: 40 }),
  { minKeys: 1 },
)
const envelope = fc.record({
  sensor: name,
  session: uuid,
  protocol: fc.constantFrom("TCP" as const, "UDP" as const),
  service: name,
  emulator: name,
  localHost: address,
  localPort: port,
  remoteHost: address,
  remotePort: port,
})
const stamp = fc.record({
  id: uuid,
  time: fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
  seq: fc.integer({ min: 0, max: 2 ** 40 }),
})
const none = { bytes: 0, data: new Uint8Array(0), sha256: "", attributes: {} }

function expectLine(line: string, event: SensorEvent): void {
  expect(line).toBe(`${encodeEvent(event)}\n`)
  const decoded = decodeEvent(line)
  expect({ ...decoded, data: Buffer.from(decoded.data).toString("hex") }).toEqual({
    ...event,
    data: Buffer.from(event.data).toString("hex"),
    attributes: { ...event.attributes },
  })
}

it("writes events without payload as core does", () => {
  fc.assert(
    fc.property(
      envelope,
      stamp,
      fc.constantFrom("CONNECT" as const, "DISCONNECT" as const),
      (e, s, event) => {
        expectLine(bareLine(lineFrame(e), s.id, s.time, s.seq, e.protocol, event), {
          ...e,
          ...s,
          ...none,
          event,
        })
      },
    ),
  )
})

it("writes payloads as core does", () => {
  fc.assert(
    fc.property(envelope, stamp, fc.uint8Array({ maxLength: 300 }), fc.nat(2), (e, s, data, more) => {
      const sha256 = data.length === 0 ? "" : "ab".repeat(32)
      const bytes = data.length + more
      const line = payloadLine(lineFrame(e), s.id, s.time, s.seq, e.protocol, "RX", bytes, data, sha256)
      const truncated = more > 0 ? { truncated: "true" } : {}
      expectLine(line, { ...e, ...s, event: "RX", bytes, data, sha256, attributes: truncated })
    }),
  )
})

it("writes attributes as core does", () => {
  fc.assert(
    fc.property(envelope, stamp, attributes, (e, s, given) => {
      const checked = checkedAttributes(given)!
      const line = infoLine(lineFrame(e), s.id, s.time, s.seq, e.protocol, checked)
      expectLine(line, { ...e, ...s, ...none, event: "INFO", attributes: checked })
    }),
  )
})

it("keeps of attributes what the catalogue names, as text, cut", () => {
  expect(checkedAttributes({ username: "root", remoteHost: "1.2.3.4", bytes: 4 })).toEqual({
    username: "root",
  })
  expect(checkedAttributes({ password: 7 })).toBeUndefined()
  expect(checkedAttributes({ __proto__: null, constructor: "x" })).toBeUndefined()
  expect(checkedAttributes({ command: "x".repeat(10_000) })!.command).toHaveLength(maxAttributeCharacters)
  const cutPair = checkedAttributes({ command: `${"x".repeat(maxAttributeCharacters - 1)}\u{1f41d}` })!
    .command!
  expect(cutPair.isWellFormed()).toBe(true)
})

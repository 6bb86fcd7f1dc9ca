import { attributeCatalogue, wireEventSchema } from "@propolis/core"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { checkEvent, isCommonEvent } from "./check-event.ts"
import { wireEvent } from "./test-event.ts"

const { v: _v, ...withoutVersion } = wireEvent() as Record<string, unknown>

/** What may stand in each field: what is right, what is nearly right, and anything at all. */
const interesting: Record<string, fc.Arbitrary<unknown>> = {
  v: fc.constantFrom(1, 2, "1", 1.5, null),
  id: fc.constantFrom(
    "01890a5d-ac96-774b-bcce-b302099a8057",
    "01890A5D-AC96-774B-BCCE-B302099A8057",
    "x",
    "",
  ),
  time: fc.constantFrom(0, -0, -1, 1.5, 8_640_000_000_000_000, 8_640_000_000_000_001, 1e21, "1"),
  sensor: fc.constantFrom("a", "a b", "", "é", "x".repeat(64), "x".repeat(65), ".a", "a\n"),
  session: fc.constantFrom("01890a5d-ac96-774b-bcce-b302099a8058", "01890a5dac96774bbcceb302099a8058\u0000"),
  seq: fc.constantFrom(0, -1, 2 ** 53 - 1, 2 ** 53, 0.1),
  protocol: fc.constantFrom("TCP", "UDP", "tcp", ""),
  event: fc.constantFrom("CONNECT", "RX", "TX", "INFO", "DISCONNECT", "RST", null),
  service: fc.constantFrom("DNS.udp", "-x", "a/b:c+d_e"),
  emulator: fc.constantFrom("dns", 7),
  localHost: fc.constantFrom(
    "192.0.2.1",
    "::1",
    "::ffff:192.0.2.1",
    "2001:DB8::1",
    "1.2.3",
    "localhost",
    "01.2.3.4",
  ),
  localPort: fc.constantFrom(0, 65_535, 65_536, -1, "80"),
  remoteHost: fc.constantFrom("2001:db8::7", "2001:db8:0:0::7", "fe80::1%eth0", "0.0.0.0", ""),
  remotePort: fc.constantFrom(1, 1.5, Number.NaN),
  bytes: fc.constantFrom(0, 5, -5, 2 ** 60),
  data: fc.constantFrom(
    "",
    "aGVsbG8=",
    "aGVsbG8",
    "aGVsbG8==",
    "=",
    "====",
    "a===",
    "aGVs bG8=",
    "aGVs\n",
    5,
    null,
  ),
  sha256: fc.constantFrom("", "a".repeat(64), "A".repeat(64), "a".repeat(63), null),
  attributes: fc.oneof(
    fc.constantFrom({}, [], null, "x", { username: 1 }, { nonsense: "x" }, { username: "x".repeat(8_193) }),
    fc.dictionary(fc.constantFrom(...Object.keys(attributeCatalogue), "__proto__", "toString"), fc.string()),
  ),
  extra: fc.constantFrom(1, "x", null),
}

const change = fc.record(
  Object.fromEntries(
    Object.entries(interesting).map(([name, values]) => [name, fc.oneof(values, fc.jsonValue())]),
  ),
  { requiredKeys: [] },
)

// As a line would bring it: what is no JSON cannot come this way.
const viaJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe("the fast check has the schema's verdict", () => {
  test("for events with any fields changed, added or left out", () => {
    const event = fc
      .tuple(change, fc.oneof(fc.constant([]), fc.subarray(Object.keys(wireEvent()), { maxLength: 2 })))
      .map(([changed, dropped]) => {
        const made: Record<string, unknown> = { ...wireEvent(), ...changed }
        for (const name of dropped) delete made[name]
        return viaJson(made)
      })
    fc.assert(
      fc.property(event, (value) => {
        const schema = wireEventSchema.safeParse(value)
        const verdict = checkEvent(value)
        expect(verdict.event !== undefined).toBe(schema.success)
        if (schema.success) expect(verdict.event).toEqual(schema.data)
      }),
      { numRuns: 1_000 },
    )
  })

  test("for a single field changed", () => {
    for (const [name, values] of Object.entries(interesting)) {
      for (const value of fc.sample(values, { numRuns: 60, seed: 7 })) {
        const event = viaJson({ ...wireEvent(), [name]: value })
        const schema = wireEventSchema.safeParse(event)
        if (isCommonEvent(event)) {
          expect(schema.success, `${name}: ${JSON.stringify(value)}`).toBe(true)
          expect(schema.data).toEqual(event)
        }
      }
    }
  })

  test("for whatever is no event", () => {
    for (const value of [null, [], 7, "x", true, {}, withoutVersion])
      expect(checkEvent(value).event).toBeUndefined()
  })
})

test("what a sensor writes takes the fast way", () => {
  expect(isCommonEvent(wireEvent())).toBe(true)
  expect(isCommonEvent(wireEvent({ remoteHost: "2001:db8::1", sha256: "a".repeat(64) }))).toBe(true)
})

test("reasons name the field and stay short", () => {
  expect(checkEvent(wireEvent({ seq: -1 })).reason).toMatch(/^seq: /)
  const crowded = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field${i}`, 1]))
  expect(checkEvent({ ...wireEvent(), ...crowded }).reason!.length).toBeLessThan(450)
})

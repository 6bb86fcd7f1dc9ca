import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import type { AcceptedEvent } from "../accepted-event.ts"
import { acceptLine } from "./accept-line.ts"
import { wireEvent } from "./test-event.ts"

const ports = {
  received: 1_750_000_000_500,
  account: 3,
  enrich: () => ({ country: "DE", asn: 64_500, asName: 'Ex"ample\\ \u2028 AG' }),
}
const accept = (change: Record<string, unknown> = {}) => acceptLine(JSON.stringify(wireEvent(change)), ports)
const kept = (change: Record<string, unknown> = {}) => JSON.parse(accept(change).line!) as AcceptedEvent
const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex")

test("a line is kept with what the hub knows, ending with one newline", () => {
  const { line } = accept()
  expect(line!.indexOf("\n")).toBe(line!.length - 1)
  expect(JSON.parse(line!)).toEqual({
    ...wireEvent(),
    sha256: sha256("hello"),
    received: 1_750_000_000_500,
    account: 3,
    country: "DE",
    asn: 64_500,
    asName: 'Ex"ample\\ \u2028 AG',
  })
})

test("a payload's hash is what the payload says, not what the sensor says", () => {
  expect(kept({ sha256: "0".repeat(64) }).sha256).toBe(sha256("hello"))
  const large = Buffer.alloc(60_000, 7)
  expect(kept({ data: large.toString("base64"), bytes: 60_000 }).sha256).toBe(sha256(large))
})

test("of a truncated payload, only the sensor knows the hash", () => {
  expect(kept({ bytes: 70_000, sha256: "a".repeat(64) }).sha256).toBe("a".repeat(64))
  expect(kept({ bytes: 70_000 })).not.toHaveProperty("sha256")
})

test("no payload has no hash, whatever the sensor says", () => {
  expect(kept({ data: "", bytes: 0, sha256: "a".repeat(64) })).not.toHaveProperty("sha256")
})

test("bytes that are fewer than the data are refused", () => {
  expect(accept({ bytes: 4 }).reason).toBe("bytes: 4 is less than the 5 bytes of data")
})

test("addresses are written in their normal form", () => {
  expect(kept({ remoteHost: "::ffff:198.51.100.7", localHost: "2001:DB8:0::1" })).toMatchObject({
    remoteHost: "198.51.100.7",
    localHost: "2001:db8::1",
  })
})

test("a key that stands twice in the text means what was checked", () => {
  const text = JSON.stringify(wireEvent()).replace(
    '"seq":1',
    '"seq":"evil","received":1,"received":2,"seq":1',
  )
  expect(acceptLine(text, ports).reason).toMatch(/received/)
  const twice = JSON.stringify(wireEvent()).replace('"seq":1', '"seq":"evil","seq":1')
  expect(acceptLine(twice, ports).line).toBe(accept().line)
})

test("half a surrogate pair is repaired, escapes and control characters survive", () => {
  const text = JSON.stringify(wireEvent()).replace('"root"', '"a\\ud800b\\u0000\\n\\u2028"')
  const { line } = acceptLine(text, ports)
  expect((JSON.parse(line!) as AcceptedEvent).attributes).toEqual({ username: "a\ufffdb\0\n\u2028" })
  expect(line).not.toMatch(/\\ud8/)
})

test("what is no JSON gets no quotation of it", () => {
  const reason = acceptLine('{"v":1,<script>', ports).reason!
  expect(reason).toMatch(/^not JSON/)
  expect(reason).not.toContain("script")
})

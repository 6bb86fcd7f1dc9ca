import fc from "fast-check"
import { expect, it } from "vitest"
import { type DnsMessage, decodeMessage, encodeMessage, labelsOf, nameBytes } from "./message.ts"

const label = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes))
const name = fc.array(label, { maxLength: 6 })
const u16 = fc.integer({ min: 0, max: 65_535 })
const question = fc.record({ name, type: u16, class: u16 })
const plain = fc.record({
  name,
  type: fc.constantFrom(1, 16, 28, 41, 999),
  class: u16,
  ttl: fc.integer({ min: 0, max: 0xffff_ffff }),
  data: fc.uint8Array({ maxLength: 40 }),
})
const named = fc.record({
  name,
  type: fc.constantFrom(2, 5, 12),
  class: u16,
  ttl: fc.integer({ min: 0, max: 0xffff_ffff }),
  data: name.map(nameBytes),
})
const records = fc.array(fc.oneof(plain, named), { maxLength: 4 })
const message: fc.Arbitrary<DnsMessage> = fc.record({
  id: u16,
  flags: u16,
  questions: fc.array(question, { maxLength: 3 }),
  answers: records,
  authorities: records,
  additionals: records,
})

/** Names in data are written again without compression, so that two forms of one record compare equal. */
const canonical = (bytes: Uint8Array) => {
  const decoded = decodeMessage(bytes)
  return decoded === undefined
    ? undefined
    : [
        decoded.id,
        decoded.flags,
        decoded.questions,
        decoded.answers.map((it) => [it.name, it.type, it.class, it.ttl]),
      ]
}

it("writes what it reads: questions, owners, types and times survive a round trip", () => {
  fc.assert(
    fc.property(message, (it) => {
      const decoded = decodeMessage(encodeMessage(it))
      expect(decoded?.questions).toEqual(it.questions)
      expect(canonical(encodeMessage(it))).toEqual([
        it.id,
        it.flags,
        it.questions,
        it.answers.map((a) => [a.name, a.type, a.class, a.ttl]),
      ])
      const kept = (list: DnsMessage["answers"]) =>
        list.filter((a) => ![2, 5, 12].includes(a.type)).map((a) => a.data)
      expect(kept(decoded!.additionals)).toEqual(kept(it.additionals))
    }),
    { seed: 1, numRuns: 300 },
  )
})

it("reads any bytes without throwing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeMessage(bytes)),
    { seed: 1, numRuns: 1_000 },
  )
})

it("refuses pointers that lead forwards or to themselves", () => {
  const header = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
  expect(decodeMessage(Uint8Array.from([...header, 0xc0, 12, 0, 1, 0, 1]))).toBeUndefined()
  expect(decodeMessage(Uint8Array.from([...header, 0xc0, 14, 0, 0, 1, 0, 1]))).toBeUndefined()
})

it("splits names at dots", () => expect(labelsOf("mail.example.com.")).toEqual(["mail", "example", "com"]))

/** Arbitraries of hostile input. */
import { concatBytes } from "@propolis/core"
import fc from "fast-check"

export interface AttackSeeds {
  /** What clients of the transcripts sent. */
  readonly sessions: readonly Uint8Array[]
  /** Tokens of the protocol, besides those that the sessions hold. */
  readonly tokens: readonly Uint8Array[]
}

const separators = ["\r\n", "\n", "\r\0", "\r", " ", "\t", "\0", ":", ",", ";", "\r\n\r\n"].map((text) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0)),
)

/** Random bytes, mutated sessions, very long lines, and token soup, at most some 20 KiB each. */
export function attackBytes(seeds: AttackSeeds): fc.Arbitrary<Uint8Array> {
  const tokens = [...tokensOf(seeds.sessions), ...seeds.tokens]
  const soup = fc
    .array(
      fc.oneof(
        fc.constantFrom(...separators, ...tokens),
        fc.uint8Array({ maxLength: 8 }),
        fc.integer({ min: 0, max: 99_999 }).map((number) => ascii(String(number))),
      ),
      { maxLength: 60 },
    )
    .map(concatBytes)
  const longLine = fc
    .tuple(
      fc.constantFrom(...separators, ...tokens),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 1_000, max: 20_000 }),
    )
    .map(([start, byte, length]) => concatBytes([start, new Uint8Array(length).fill(byte), separators[0]!]))
  const arbitraries = [fc.uint8Array({ maxLength: 600 }), soup, longLine]
  if (seeds.sessions.length > 0) arbitraries.push(mutated(seeds.sessions), mutated(seeds.sessions))
  return fc.oneof(...arbitraries)
}

type Change = readonly [where: number, kind: number, size: number, bytes: Uint8Array]

/** Sessions with bytes inserted, removed, overwritten, repeated; also two sessions spliced. */
function mutated(sessions: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change: fc.Arbitrary<Change> = fc.tuple(
    fc.nat(1_000_000),
    fc.nat(4),
    fc.integer({ min: 1, max: 40 }),
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
  )
  return fc
    .tuple(fc.constantFrom(...sessions), fc.constantFrom(...sessions), fc.array(change, { maxLength: 6 }))
    .map(([first, second, changes]) => changes.reduce((bytes, it) => apply(bytes, second, it), first))
}

function apply(bytes: Uint8Array, other: Uint8Array, [where, kind, size, fresh]: Change): Uint8Array {
  const at = bytes.length === 0 ? 0 : where % bytes.length
  const head = bytes.subarray(0, at)
  if (kind === 0) return concatBytes([head, fresh, bytes.subarray(at)])
  if (kind === 1) return concatBytes([head, bytes.subarray(at + size)])
  if (kind === 2) return concatBytes([head, fresh, bytes.subarray(at + fresh.length)])
  if (kind === 3) return concatBytes([head, bytes.subarray(at, at + size), bytes.subarray(at)])
  return concatBytes([head, other.subarray(where % (other.length + 1))])
}

function tokensOf(sessions: readonly Uint8Array[]): Uint8Array[] {
  const tokens = new Set<string>()
  for (const session of sessions) {
    const text = Array.from(session, (byte) => String.fromCharCode(byte)).join("")
    for (const word of text.split(/[\s,;:=/]+/)) if (word.length > 0 && word.length <= 40) tokens.add(word)
  }
  return [...tokens].slice(0, 200).map(ascii)
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

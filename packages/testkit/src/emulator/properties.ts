/** The five properties of every emulator (DESIGN §8). Each is a plain function, so that it can be tried alone. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { concatBytes, type Emulator, hexFromBytes } from "@propolis/core"
import fc from "fast-check"
import { type AttackSeeds, attackBytes } from "./attack-bytes.ts"
import { FakeConnection, FakeSession } from "./fake-connection.ts"

export interface PropertySubject {
  readonly emulator: Emulator
  /** Checked by the emulator's schema. */
  readonly options: unknown
  readonly transport: "tcp" | "udp"
  readonly seeds: AttackSeeds
  readonly runs: number
}

/** Output allowed for some input: `baseBytes` for a session, `perByte` for each byte received. */
export interface OutputBound {
  readonly baseBytes: number
  readonly perByte: number
}

const seed = 20_250_115

function check<T extends unknown[]>(
  subject: PropertySubject,
  predicate: (...values: T) => void,
  ...arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> }
): void {
  const property = fc.property(...(arbitraries as [fc.Arbitrary<unknown>]), (...values: unknown[]) =>
    predicate(...(values as T)),
  )
  fc.assert(property, { seed, numRuns: subject.runs, endOnFailure: false })
}

function start(subject: PropertySubject, keep = true): FakeSession {
  const connection = new FakeConnection({ transport: subject.transport, keep })
  return new FakeSession(subject.emulator, subject.options, connection)
}

function behaviour(subject: PropertySubject, pieces: readonly Uint8Array[]): unknown {
  const session = start(subject)
  for (const piece of pieces) session.receive(piece)
  session.advance(20_000)
  const { connection } = session
  return {
    output: hexFromBytes(connection.output()),
    recorded: connection.recorded,
    captured: connection.captured.map((file) => [file.filename, hexFromBytes(file.bytes)]),
    ended: connection.ended,
    tlsStarts: connection.tlsStarts,
  }
}

/** 1. Cut anywhere, the same bytes give the same answers, events and files (TCP only). */
export function chunkBoundariesChangeNothing(subject: PropertySubject): void {
  check(
    subject,
    (bytes: Uint8Array, cuts: number[]) => {
      const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
      const pieces: Uint8Array[] = []
      let from = 0
      for (const place of [...places, bytes.length]) {
        if (place > from) pieces.push(bytes.subarray(from, place))
        from = Math.max(from, place)
      }
      const whole = JSON.stringify(behaviour(subject, bytes.length > 0 ? [bytes] : []))
      const cut = JSON.stringify(behaviour(subject, pieces))
      if (whole !== cut) throw new Error(`cut at ${places.join(",")}:\n whole ${whole}\n   cut ${cut}`)
      if (bytes.length <= 400) {
        const single = JSON.stringify(
          behaviour(
            subject,
            Array.from(bytes, (byte) => Uint8Array.of(byte)),
          ),
        )
        if (whole !== single) throw new Error(`byte by byte:\n whole ${whole}\n bytes ${single}`)
      }
    },
    attackBytes(subject.seeds),
    fc.array(fc.nat(100_000), { maxLength: 6 }),
  )
}

/** 2. Whatever comes, in whatever order with time passing, nothing is thrown. */
export function noInputMakesItThrow(subject: PropertySubject): void {
  check(
    subject,
    (pieces: Uint8Array[], waits: number[]) => {
      const session = start(subject)
      pieces.forEach((piece, index) => {
        session.receive(piece)
        session.advance(waits[index] ?? 0)
        if (session.connection.tlsStarts > 0 && !session.connection.secure) session.secured()
      })
      session.advance(3_600_000)
      session.close()
    },
    fc.array(attackBytes(subject.seeds), { maxLength: 8 }),
    fc.array(fc.constantFrom(0, 1, 100, 3_000, 70_000), { maxLength: 8 }),
  )
}

/** 3. 800,000 bytes of anything leave at most `maxRetainedBytes` behind in the machine. */
export function memoryIsBounded(subject: PropertySubject, maxRetainedBytes: number): void {
  const longLine = new Uint8Array(65_536).fill(0x41)
  const lines = concatBytes(Array.from({ length: 4_096 }, () => Uint8Array.from([65, 58, 32, 66, 13, 10])))
  const mixed = concatBytes(
    Array.from({ length: 512 }, (_, index) =>
      Uint8Array.from({ length: 97 }, (_, at) => (index * 31 + at * 7) & 0xff),
    ),
  )
  const starts = [new Uint8Array(0), ...subject.seeds.sessions.slice(0, 1)]
  const collect = garbageCollector()
  for (const beginning of starts) {
    for (const [name, filler] of Object.entries({ longLine, lines, mixed })) {
      const session = start(subject, false)
      if (beginning.length > 0) session.receive(beginning.subarray(0, Math.ceil(beginning.length / 2)))
      session.receive(filler)
      collect()
      const before = usedBytes()
      for (let sent = 0; sent < 800_000 && !session.connection.ended; sent += filler.length) {
        session.receive(filler)
      }
      collect()
      const retained = usedBytes() - before
      if (retained > maxRetainedBytes) {
        throw new Error(`${name} left ${retained} bytes behind, more than ${maxRetainedBytes}`)
      }
      session.close()
    }
  }
}

/** 4. What is sent is bounded by what was received. */
export function outputIsBounded(subject: PropertySubject, bound: OutputBound): void {
  check(
    subject,
    (pieces: Uint8Array[]) => {
      const session = start(subject)
      let received = 0
      for (const piece of pieces) {
        session.receive(piece)
        received += piece.length
        session.advance(5_000)
      }
      session.advance(3_600_000)
      const allowed = bound.baseBytes + bound.perByte * received
      if (session.connection.sentBytes > allowed) {
        throw new Error(`${session.connection.sentBytes} bytes sent for ${received}, allowed ${allowed}`)
      }
    },
    fc.array(attackBytes(subject.seeds), { maxLength: 6 }),
  )
}

/** 5. After the end nothing is sent and no timer is asked for, whoever ended it. */
export function itEndsAfterEnd(subject: PropertySubject): void {
  check(
    subject,
    (pieces: Uint8Array[], closeAt: number) => {
      const session = start(subject)
      const { connection } = session
      pieces.forEach((piece, index) => {
        if (index === closeAt) session.close()
        session.receive(piece)
      })
      const sentBeforeClose = connection.sentBytes
      session.close()
      session.advance(86_400_000)
      if (connection.lateCalls > 0) throw new Error(`${connection.lateCalls} sends or timers after the end`)
      if (connection.pendingTimers > 0) throw new Error(`${connection.pendingTimers} timers left`)
      if (connection.sentBytes !== sentBeforeClose)
        throw new Error("bytes were sent when the peer had closed")
    },
    fc.array(attackBytes(subject.seeds), { maxLength: 4 }),
    fc.nat(4),
  )
}

function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  return () => {
    collect()
    collect()
  }
}

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

import { createHash } from "node:crypto"
import {
  bytesFromText,
  type CapturedFile,
  type Connection,
  concatBytes,
  type Emulator,
  type Persona,
  type RecordedAttributes,
  type SessionHandlers,
  type Timer,
} from "@propolis/core"
import { personaFixture, seededBytes } from "./persona-fixture.ts"
import { VirtualClock } from "./virtual-clock.ts"

export interface FakeConnectionOptions {
  readonly transport?: "tcp" | "udp"
  readonly persona?: Persona
  /** What the random bytes depend on. */
  readonly seed?: string
  /** Unix milliseconds at which the fake clock starts. */
  readonly startMs?: number
  readonly secure?: boolean
  /** `false`: bytes and attributes are counted but not kept (for the memory property). */
  readonly keep?: boolean
}

/** The connection port with a fake clock and seeded randomness; it keeps everything that the emulator did. */
export class FakeConnection implements Connection {
  readonly transport: "tcp" | "udp"
  readonly service = "Test"
  /** Loopback, so that a transcript sees the same peer over a socket. */
  readonly peer = { host: "127.0.0.1", port: 40_000 }
  readonly local = { host: "192.0.2.10", port: 80 }
  readonly persona: Persona
  secure: boolean
  /** One entry per call of send. */
  readonly sent: Uint8Array[] = []
  /** INFO events in order, with those of captured files. */
  readonly recorded: RecordedAttributes[] = []
  readonly captured: { readonly filename: string; readonly bytes: Uint8Array }[] = []
  readonly attributeNames = new Set<string>()
  sentBytes = 0
  tlsStarts = 0
  ended = false
  /** Sends and timers that the emulator asked for after the session's end. */
  lateCalls = 0

  readonly #seed: string
  readonly #keep: boolean
  readonly #startMs: number
  readonly #clock = new VirtualClock()
  #randomCalls = 0

  constructor(options: FakeConnectionOptions = {}) {
    this.transport = options.transport ?? "tcp"
    this.persona = options.persona ?? personaFixture()
    this.secure = options.secure ?? false
    this.#seed = options.seed ?? "seed"
    this.#keep = options.keep ?? true
    this.#startMs = options.startMs ?? Date.UTC(2025, 0, 15, 12, 0, 0)
  }

  send(data: Uint8Array | string): void {
    if (this.ended) {
      this.lateCalls++
      return
    }
    const bytes = typeof data === "string" ? bytesFromText(data) : new Uint8Array(data)
    this.sentBytes += bytes.length
    if (this.#keep) this.sent.push(bytes)
  }

  record(attributes: RecordedAttributes): void {
    if (this.ended) return
    for (const name of Object.keys(attributes)) this.attributeNames.add(name)
    if (this.#keep) this.recorded.push(attributes)
  }

  capture(filename: string, bytes: Uint8Array): CapturedFile {
    const file = { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length }
    if (this.ended) return file
    if (this.#keep) this.captured.push({ filename, bytes: new Uint8Array(bytes) })
    this.record({ filename, captureSha256: file.sha256, captureBytes: String(file.bytes) })
    return file
  }

  startTls(): void {
    if (!this.ended) this.tlsStarts++
  }

  after(ms: number, run: () => void): Timer {
    if (this.ended) {
      this.lateCalls++
      return { cancel() {} }
    }
    return this.#clock.after(ms, run)
  }

  end(): void {
    this.ended = true
    this.#clock.clear()
  }

  now(): number {
    return this.#startMs + this.#clock.nowMs
  }

  random(count: number): Uint8Array {
    return seededBytes(`${this.#seed}/${this.#randomCalls++}`, count)
  }

  get pendingTimers(): number {
    return this.#clock.size
  }

  /** Everything sent so far. */
  output(): Uint8Array {
    return concatBytes(this.sent)
  }

  /** Moves the clock and runs what became due, in order. */
  advance(ms: number): void {
    this.#clock.advance(ms)
  }
}

/** One session of an emulator on a fake connection. It obeys the host's rules: nothing is delivered after the end. */
export class FakeSession {
  readonly connection: FakeConnection
  readonly #handlers: SessionHandlers
  #endDelivered = false
  #lent = Buffer.alloc(0)

  constructor(emulator: Emulator, options: unknown, connection: FakeConnection) {
    this.connection = connection
    this.#handlers = emulator.open(connection, options)
    this.#settle()
  }

  receive(bytes: Uint8Array): void {
    if (this.#endDelivered) return
    // A Buffer, as sockets give it, that is reused after the call: an emulator that keeps it must fail here.
    if (this.#lent.length < bytes.length) this.#lent = Buffer.alloc(bytes.length)
    this.#lent.set(bytes)
    const lent = this.#lent.subarray(0, bytes.length)
    if (this.connection.transport === "udp") this.#handlers.datagram?.(lent)
    else this.#handlers.data?.(lent)
    lent.fill(0xee)
    this.#settle()
  }

  secured(): void {
    if (this.#endDelivered) return
    this.connection.secure = true
    this.#handlers.secured?.()
    this.#settle()
  }

  advance(ms: number): void {
    this.connection.advance(ms)
    this.#settle()
  }

  /** The peer closes its side. */
  close(): void {
    if (this.#endDelivered) return
    this.#endDelivered = true
    this.#handlers.end?.()
    this.connection.end()
  }

  #settle(): void {
    if (this.connection.ended) this.close()
  }
}

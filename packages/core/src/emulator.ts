/**
 * The emulator API. An emulator is a pure state machine: it gets a {@link Connection} and touches
 * nothing else — no sockets, files, clock, randomness or process.
 */
import type { z } from "zod"
import type { RecordedAttributes } from "./attributes.ts"
import type { Persona } from "./persona.ts"

export interface Endpoint {
  /** RFC 5952 form; IPv4-mapped IPv6 is written as IPv4. */
  readonly host: string
  readonly port: number
}

export interface Timer {
  cancel(): void
}

export interface CapturedFile {
  /** Lower-case hex; the name under which the capture store keeps the bytes. */
  readonly sha256: string
  readonly bytes: number
}

/** What the host gives an emulator for one session. Every method is safe after the session ended: it does nothing. */
export interface Connection {
  readonly transport: "tcp" | "udp"
  /** The configured service's name. */
  readonly service: string
  /** The attacker. */
  readonly peer: Endpoint
  /** Where the attacker connected to. */
  readonly local: Endpoint
  readonly persona: Persona
  /** Whether TLS protects the connection now. */
  readonly secure: boolean
  /** Sends bytes (a text is sent as UTF-8) and records them as TX. UDP: one datagram to the peer, subject to the honesty budget. */
  send(bytes: Uint8Array | string): void
  /** Records what was understood as one INFO event. Values over 8,192 characters are cut. */
  record(attributes: RecordedAttributes): void
  /** Keeps a file that the attacker left, once by SHA-256, and records `filename`, `captureSha256` and `captureBytes`. */
  capture(filename: string, bytes: Uint8Array): CapturedFile
  /** TCP only: starts TLS after what was sent so far; what the peer sent in plaintext behind it is discarded. Then {@link SessionHandlers.secured} is called. */
  startTls(): void
  /** Calls `run` once after `ms` milliseconds, unless the session ended or the timer was cancelled. */
  after(ms: number, run: () => void): Timer
  /** Ends the session after what was sent. */
  end(): void
  /** Unix milliseconds. */
  now(): number
  /** `count` random bytes (cryptographic in production, seeded in transcripts). */
  random(count: number): Uint8Array
}

/** What an emulator does with what arrives. Bytes are only valid during the call: copy what is kept. */
export interface SessionHandlers {
  /** TCP: some bytes, cut anywhere. */
  data?(bytes: Uint8Array): void
  /** UDP: one whole datagram. */
  datagram?(bytes: Uint8Array): void
  /** TLS was set up after {@link Connection.startTls}. */
  secured?(): void
  /** The peer closed its side, or the session ended. Called once. */
  end?(): void
}

/** The five interaction tiers of the field, as far as a sensor offers them. */
export type Interaction = "low" | "medium"

export interface Emulator<Options = unknown> {
  /** Lower-case, hyphens: the folder's name and the configuration's `emulator`. */
  readonly name: string
  readonly title: string
  readonly interaction: Interaction
  /** Default low ports. */
  readonly transports: { readonly tcp?: number; readonly udp?: number }
  /** Whether the default port speaks TLS from the first byte. */
  readonly tls?: boolean
  /** Application protocols (RFC 7301) that are agreed on with a client that offers one of them over TLS. */
  readonly alpn?: readonly string[]
  readonly options: z.ZodType<Options, unknown>
  /** Called once for a TCP connection or for the first datagram of a UDP conversation. */
  open(connection: Connection, options: Options): SessionHandlers
}

/** Gives an emulator its types; the value is returned as it is. */
export function defineEmulator<Options>(emulator: Emulator<Options>): Emulator<Options> {
  return emulator
}

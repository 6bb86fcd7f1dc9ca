/**
 * The event: one thing that a sensor saw. Every part of HoneyPy's log line survives in it
 * (date, session, protocol, event, local and remote host and port, service, data).
 */
import { z } from "zod"
import { normalizeAddress } from "./address.ts"
import { isAttributeName } from "./attributes.ts"
import { isUuid } from "./uuid-v7.ts"

/** Version of the wire format. A hub accepts this one and the one before it. */
export const eventVersion = 1

/** The most payload bytes that one event carries; `bytes` and `sha256` still tell of the whole. */
export const maxEventDataBytes = 64 * 1024

export const eventKinds = ["CONNECT", "RX", "TX", "INFO", "DISCONNECT"] as const
export type EventKind = (typeof eventKinds)[number]

export const protocols = ["TCP", "UDP"] as const
export type Protocol = (typeof protocols)[number]

/** What an emulator understood of the payload: catalogue name → text. */
export type Attributes = Readonly<Record<string, string>>

export interface SensorEvent {
  /** UUIDv7, made by the sensor; the only key of de-duplication, end to end. */
  readonly id: string
  /** When the sensor saw it: Unix milliseconds, UTC. */
  readonly time: number
  /** The sensor's id, never its address. */
  readonly sensor: string
  /** UUID of one TCP connection, or of one UDP conversation. */
  readonly session: string
  /** Position within the session, from 0, without gaps. */
  readonly seq: number
  readonly protocol: Protocol
  /** UDP has no CONNECT and no DISCONNECT. */
  readonly event: EventKind
  /** The configured name (`Telnet`, `DNS.udp`), without spaces. */
  readonly service: string
  /** Which emulator answered. */
  readonly emulator: string
  /** RFC 5952 form; IPv4-mapped IPv6 is written as IPv4. */
  readonly localHost: string
  readonly localPort: number
  readonly remoteHost: string
  readonly remotePort: number
  /** True size of the payload, before any truncation. */
  readonly bytes: number
  /** What was received or sent, at most {@link maxEventDataBytes}. */
  readonly data: Uint8Array
  /** Lower-case hex SHA-256 of the whole payload; empty string where there is none. */
  readonly sha256: string
  readonly attributes: Attributes
}

const port = z.int().min(0).max(65_535)
const address = z
  .string()
  .max(45)
  .transform((text, context) => {
    const normal = normalizeAddress(text)
    if (normal === undefined) {
      context.addIssue({ code: "custom", message: "expected an IPv4 or IPv6 address" })
      return z.NEVER
    }
    return normal
  })
const uuid = z.string().refine(isUuid, "expected a UUID in lower-case hexadecimal")
/** What a sensor or a service may be called: no spaces, no control characters. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._+/:-]{0,63}$/
const name = z.string().regex(namePattern, "expected 1 to 64 letters, digits and ._+/:- without spaces")
const base64 = z
  .string()
  .max(Math.ceil(maxEventDataBytes / 3) * 4)
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, "expected base64")
const attributes = z
  .record(
    z.string().refine(isAttributeName, "expected a name of the attribute catalogue"),
    z.string().max(8_192),
  )
  .refine((map) => Object.keys(map).length <= 64, "expected at most 64 attributes")

/** One line of the wire format, before its payload is decoded. */
export const wireEventSchema = z.strictObject({
  v: z.literal(eventVersion),
  id: uuid,
  time: z.int().min(0).max(8_640_000_000_000_000),
  sensor: name,
  session: uuid,
  seq: z.int().min(0),
  protocol: z.enum(protocols),
  event: z.enum(eventKinds),
  service: name,
  emulator: name,
  localHost: address,
  localPort: port,
  remoteHost: address,
  remotePort: port,
  bytes: z.int().min(0),
  data: base64.optional(),
  sha256: z
    .string()
    .regex(/^(?:[0-9a-f]{64})?$/, "expected 64 lower-case hexadecimal digits")
    .optional(),
  attributes: attributes.optional(),
})
export type WireEvent = z.input<typeof wireEventSchema>

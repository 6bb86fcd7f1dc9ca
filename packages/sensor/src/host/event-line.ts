/**
 * One event as its line of the wire format, built by hand: what is constant in a session is encoded
 * once. The result is the same text as core's `encodeEvent` (a property test compares them).
 */
import { type Attributes, bytesToBase64, type EventKind, type Protocol } from "@propolis/core"

/** What all events of one session have in common. Names are within core's `namePattern`, addresses in normal form: ASCII. */
export interface SessionEnvelope {
  readonly sensor: string
  readonly session: string
  readonly protocol: Protocol
  readonly service: string
  readonly emulator: string
  readonly localHost: string
  readonly localPort: number
  readonly remoteHost: string
  readonly remotePort: number
}

/** The constant text of a session's lines, before and behind the sequence number. */
export interface LineFrame {
  readonly head: string
  readonly tail: string
}

/**
 * Made by JSON.stringify in one piece each: a text that is put together with `+` stays a tree of its
 * parts in memory, for as long as the session lives.
 */
export function lineFrame(envelope: SessionEnvelope): LineFrame {
  const { sensor, session, service, emulator, localHost, localPort, remoteHost, remotePort } = envelope
  return {
    head: JSON.stringify({ sensor, session }).slice(1, -1),
    tail: JSON.stringify({
      service,
      emulator,
      localHost,
      localPort,
      remoteHost,
      remotePort,
    }).slice(1, -1),
  }
}

/** The line of an event without payload and attributes: CONNECT, DISCONNECT. */
export function bareLine(
  frame: LineFrame,
  id: string,
  time: number,
  seq: number,
  protocol: Protocol,
  event: EventKind,
): string {
  return `{"v":1,"id":"${id}","time":${time},${frame.head},"seq":${seq},"protocol":"${protocol}","event":"${event}",${frame.tail},"bytes":0}\n`
}

/** The line of an event with a payload; `data` is what is kept of `bytes` bytes. */
export function payloadLine(
  frame: LineFrame,
  id: string,
  time: number,
  seq: number,
  protocol: Protocol,
  event: EventKind,
  bytes: number,
  data: Uint8Array,
  sha256: string,
): string {
  const payload = data.length === 0 ? "" : `,"data":"${bytesToBase64(data)}"`
  const digest = sha256 === "" ? "" : `,"sha256":"${sha256}"`
  const truncated = data.length < bytes ? ',"attributes":{"truncated":"true"}' : ""
  return `{"v":1,"id":"${id}","time":${time},${frame.head},"seq":${seq},"protocol":"${protocol}","event":"${event}",${frame.tail},"bytes":${bytes}${payload}${digest}${truncated}}\n`
}

/** The line of an INFO event. Attributes may hold any text. */
export function infoLine(
  frame: LineFrame,
  id: string,
  time: number,
  seq: number,
  protocol: Protocol,
  attributes: Attributes,
): string {
  return `{"v":1,"id":"${id}","time":${time},${frame.head},"seq":${seq},"protocol":"${protocol}","event":"INFO",${frame.tail},"bytes":0,"attributes":${JSON.stringify(attributes)}}\n`
}

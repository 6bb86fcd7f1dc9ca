/** The wire format: one event a line, JSON, payload in base64 (docs/events.md). */
import { bytesFromBase64, bytesToBase64, emptyBytes } from "./bytes.ts"
import { PropolisError } from "./errors.ts"
import { eventVersion, type SensorEvent, type WireEvent, wireEventSchema } from "./event.ts"
import { describeIssues } from "./faults.ts"

/** One event as one line of JSON, without the newline. */
export function encodeEvent(event: SensorEvent): string {
  const wire: Record<string, unknown> = {
    v: eventVersion,
    id: event.id,
    time: event.time,
    sensor: event.sensor,
    session: event.session,
    seq: event.seq,
    protocol: event.protocol,
    event: event.event,
    service: event.service,
    emulator: event.emulator,
    localHost: event.localHost,
    localPort: event.localPort,
    remoteHost: event.remoteHost,
    remotePort: event.remotePort,
    bytes: event.bytes,
  }
  if (event.data.length > 0) wire.data = bytesToBase64(event.data)
  if (event.sha256 !== "") wire.sha256 = event.sha256
  for (const _ in event.attributes) {
    wire.attributes = event.attributes
    break
  }
  return JSON.stringify(wire)
}

/**
 * The event of one line that comes from outside.
 * @throws PropolisError EVENT_INVALID naming every fault.
 */
export function decodeEvent(line: string): SensorEvent {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch (cause) {
    throw new PropolisError("EVENT_INVALID", `not JSON: ${(cause as Error).message}`, { cause })
  }
  const parsed = wireEventSchema.safeParse(json)
  if (!parsed.success) throw new PropolisError("EVENT_INVALID", describeIssues(parsed.error))
  return fromWire(parsed.data)
}

/** The event of a line that this product wrote and checked itself (a journal's record). */
export function decodeTrustedEvent(line: string): SensorEvent {
  return fromWire(JSON.parse(line) as WireEvent)
}

function fromWire(wire: WireEvent): SensorEvent {
  return {
    id: wire.id,
    time: wire.time,
    sensor: wire.sensor,
    session: wire.session,
    seq: wire.seq,
    protocol: wire.protocol,
    event: wire.event,
    service: wire.service,
    emulator: wire.emulator,
    localHost: wire.localHost,
    localPort: wire.localPort,
    remoteHost: wire.remoteHost,
    remotePort: wire.remotePort,
    bytes: wire.bytes,
    data: wire.data ? bytesFromBase64(wire.data) : emptyBytes,
    sha256: wire.sha256 ?? "",
    attributes: wire.attributes ?? {},
  }
}

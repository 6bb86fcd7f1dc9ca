/** Generated events as the hub's journal keeps them, with an origin made up from the address. */
import { bytesToBase64, type SensorEvent } from "@propolis/core"
import type { AcceptedEvent } from "../../packages/hub/src/accepted-event.ts"

const countries = ["CN", "US", "RU", "NL", "BR", "VN", "IN", "DE", "KR", "TW", "FR", "ID"]

export function acceptedEvent(event: SensorEvent, received: number): AcceptedEvent {
  let hash = 0
  for (let i = 0; i < event.remoteHost.length; i++) hash = (hash * 31 + event.remoteHost.charCodeAt(i)) | 0
  const asn = 1_000 + ((hash >>> 0) % 900)
  return {
    v: 1,
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
    ...(event.data.length > 0 ? { data: bytesToBase64(event.data), sha256: event.sha256 } : {}),
    ...(Object.keys(event.attributes).length > 0 ? { attributes: event.attributes } : {}),
    received,
    account: 1,
    country: countries[asn % countries.length]!,
    asn,
    asName: `Example Network ${asn}`,
  }
}

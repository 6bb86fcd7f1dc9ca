/** An event as HoneyPy's loggers wrote it: the field names, the types (all text), hexadecimal data and its MD5. */
import { createHash } from "node:crypto"
import { hexFromBytes, type SensorEvent } from "@propolis/core"

export interface HoneypyRecord {
  /** `2026-11-22`, local time as HoneyPy's. */
  readonly date: string
  /** `13:05:07` */
  readonly time: string
  readonly date_time: string
  /** `042` */
  readonly millisecond: string
  readonly session: string
  readonly protocol: string
  readonly event: string
  readonly local_host: string
  readonly local_port: string
  readonly service: string
  readonly remote_host: string
  readonly remote_port: string
  /** Hexadecimal. */
  readonly data: string
  /** Characters of `data`, as HoneyPy counted. */
  readonly bytes: string
  /** MD5 of the text of `data`. */
  readonly data_hash: string
}

export function honeypyRecord(event: SensorEvent): HoneypyRecord {
  const at = new Date(event.time)
  const two = (n: number) => String(n).padStart(2, "0")
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  const data = hexFromBytes(dataOf(event))
  return {
    date,
    time,
    date_time: `${date} ${time}`,
    millisecond: String(at.getMilliseconds()).padStart(3, "0"),
    session: event.session,
    protocol: event.protocol,
    event: event.event,
    local_host: event.localHost,
    local_port: String(event.localPort),
    service: event.service,
    remote_host: event.remoteHost,
    remote_port: String(event.remotePort),
    data,
    bytes: String(data.length),
    data_hash: createHash("md5").update(data).digest("hex"),
  }
}

/** What was understood has no place of its own in HoneyPy's record: it is the data of an INFO event, as JSON. */
function dataOf(event: SensorEvent): Uint8Array {
  return event.event === "INFO" ? Buffer.from(JSON.stringify(event.attributes)) : event.data
}

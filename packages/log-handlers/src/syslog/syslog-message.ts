/** One event as one syslog message (RFC 5424): `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID [structured data] MSG`. */
import { bytesFromText, type SensorEvent } from "@propolis/core"
import { type EventFormat, formatEvent } from "../formats/event-format.ts"
import { cefMessage } from "./cef.ts"

/** RFC 5424 table 1: the facilities that an application may use. */
export const facilities = {
  user: 1,
  daemon: 3,
  auth: 4,
  authpriv: 10,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const
export type Facility = keyof typeof facilities

/** RFC 5424 table 2: notice. Whoever touches a honeypot is worth a look; it is no fault of the system. */
const severity = 5

export interface SyslogShape {
  readonly facility: Facility
  readonly appName: string
  readonly format: EventFormat | "cef"
  /** Private enterprise number of the structured data's name. */
  readonly enterpriseNumber: number
  /** The payload is cut where the message would be larger. */
  readonly maxMessageBytes: number
}

/** The message's bytes, or `undefined` where even one without payload and attributes is too large. */
export function syslogMessage(event: SensorEvent, shape: SyslogShape): Uint8Array | undefined {
  for (let fitted: SensorEvent | undefined = event; fitted !== undefined; fitted = shorter(fitted)) {
    const bytes = bytesFromText(`${headerOf(fitted, shape)} ${textOf(fitted, shape)}`)
    if (bytes.length <= shape.maxMessageBytes) return bytes
  }
  return undefined
}

function headerOf(event: SensorEvent, shape: SyslogShape): string {
  const priority = facilities[shape.facility] * 8 + severity
  const time = new Date(event.time).toISOString()
  return `<${priority}>1 ${time} ${event.sensor} ${shape.appName} - ${event.event} ${structuredData(event, shape)}`
}

/** What a receiver sorts by, without having to read the message. None of it is the attacker's text. */
function structuredData(event: SensorEvent, shape: SyslogShape): string {
  const fields = [
    ["id", event.id],
    ["session", event.session],
    ["seq", event.seq],
    ["protocol", event.protocol],
    ["service", event.service],
    ["src", event.remoteHost],
    ["spt", event.remotePort],
    ["dst", event.localHost],
    ["dpt", event.localPort],
  ]
  const written = fields.map(([name, value]) => `${name}="${escapeParameter(String(value))}"`)
  return `[propolis@${shape.enterpriseNumber} ${written.join(" ")}]`
}

/** RFC 5424 §6.3.3 */
function escapeParameter(text: string): string {
  return text.replaceAll(/["\\\]]/g, "\\$&")
}

function textOf(event: SensorEvent, { format }: SyslogShape): string {
  return format === "cef" ? cefMessage(event) : asciiJson(formatEvent(format, event))
}

/** The same JSON: people look at syslog files in terminals, where an attacker's marks would be obeyed. */
function asciiJson(json: string): string {
  return json.replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

/** `bytes` and `sha256` still tell of the whole payload. */
function shorter(event: SensorEvent): SensorEvent | undefined {
  if (event.data.length > 0) {
    const data = event.data.subarray(0, Math.floor(event.data.length / 2))
    return { ...event, data, attributes: { ...event.attributes, truncated: "true" } }
  }
  const names = Object.keys(event.attributes).filter((name) => name !== "truncated")
  return names.length === 0 ? undefined : { ...event, attributes: { truncated: "true" } }
}

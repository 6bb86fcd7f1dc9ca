/** Events as OTLP log records, in the JSON of OTLP/HTTP: 64-bit numbers as text, names in lowerCamelCase. */
import { bytesToBase64, escapeBytes, type SensorEvent } from "@propolis/core"

/** Characters of a payload that a record's body shows. */
const maxBodyBytes = 4_096

type Value = { stringValue: string } | { intValue: string }
interface Attribute {
  readonly key: string
  readonly value: Value
}

const text = (key: string, stringValue: string): Attribute => ({
  key,
  value: { stringValue: stringValue.toWellFormed() },
})
const integer = (key: string, n: number): Attribute => ({ key, value: { intValue: String(n) } })

export function otlpLogs(events: readonly SensorEvent[], sensor: string, nowMs: number): object {
  const resource = {
    attributes: [text("service.name", "propolis"), text("service.instance.id", sensor)],
  }
  const logRecords = events.map((event) => logRecord(event, nowMs))
  return { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: "propolis" }, logRecords }] }] }
}

function logRecord(event: SensorEvent, nowMs: number): object {
  return {
    timeUnixNano: `${event.time}000000`,
    observedTimeUnixNano: `${nowMs}000000`,
    // INFO of the log data model's severity numbers.
    severityNumber: 9,
    severityText: "INFO",
    eventName: `propolis.${event.event.toLowerCase()}`,
    body: { stringValue: bodyOf(event) },
    attributes: attributesOf(event),
  }
}

function bodyOf(event: SensorEvent): string {
  const from = event.remoteHost.includes(":") ? `[${event.remoteHost}]` : event.remoteHost
  const line = `${event.event} ${event.service} ${event.protocol} ${from}:${event.remotePort}`
  return event.data.length === 0 ? line : `${line} ${escapeBytes(event.data, maxBodyBytes)}`
}

/** Semantic conventions where there is one, `propolis.` and the name of docs/events.md where there is none. */
function attributesOf(event: SensorEvent): Attribute[] {
  const attributes = [
    text("source.address", event.remoteHost),
    integer("source.port", event.remotePort),
    text("destination.address", event.localHost),
    integer("destination.port", event.localPort),
    text("network.transport", event.protocol.toLowerCase()),
    text("network.type", event.remoteHost.includes(":") ? "ipv6" : "ipv4"),
    text("log.record.uid", event.id),
    text("session.id", event.session),
    integer("propolis.seq", event.seq),
    text("propolis.event", event.event),
    text("propolis.service", event.service),
    text("propolis.emulator", event.emulator),
    integer("propolis.bytes", event.bytes),
  ]
  if (event.data.length > 0) attributes.push(text("propolis.data", bytesToBase64(event.data)))
  if (event.sha256 !== "") attributes.push(text("propolis.sha256", event.sha256))
  for (const [name, value] of Object.entries(event.attributes))
    attributes.push(text(`propolis.${name}`, value))
  return attributes
}

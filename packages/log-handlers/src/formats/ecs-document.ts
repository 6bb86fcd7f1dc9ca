/**
 * An event as a document of the Elastic Common Schema 8.17; what the schema has no field for is below `propolis`.
 * Text of the attacker is made well-formed Unicode: some JSON readers refuse a whole document for a lone surrogate.
 */
import { type Attributes, bytesToBase64, escapeBytes, type SensorEvent } from "@propolis/core"

export const ecsVersion = "8.17.0"

/** Characters of a payload that are shown as text. */
const maxTextBytes = 8_192

type Fields = Record<string, unknown>

export function ecsDocument(event: SensorEvent): Fields {
  const attributes = wellFormed(event.attributes)
  const document: Fields = {
    "@timestamp": new Date(event.time).toISOString(),
    ecs: { version: ecsVersion },
    event: {
      id: event.id,
      kind: "event",
      category: ["network"],
      type: typesOf[event.event],
      action: event.event.toLowerCase(),
      module: "propolis",
      dataset: "propolis.events",
      sequence: event.seq,
    },
    observer: { vendor: "Propolis", type: "honeypot", name: event.sensor },
    source: { address: event.remoteHost, ip: event.remoteHost, port: event.remotePort },
    destination: { address: event.localHost, ip: event.localHost, port: event.localPort },
    network: {
      transport: event.protocol.toLowerCase(),
      type: event.remoteHost.includes(":") ? "ipv6" : "ipv4",
      direction: "ingress",
      bytes: event.bytes,
    },
    service: { name: event.service, type: event.emulator },
    related: { ip: [event.remoteHost, event.localHost] },
    propolis: propolisFields(event, attributes),
  }
  addKnownAttributes(document, attributes)
  return document
}

const typesOf: Readonly<Record<SensorEvent["event"], readonly string[]>> = {
  CONNECT: ["connection", "start"],
  RX: ["connection"],
  TX: ["connection"],
  INFO: ["info"],
  DISCONNECT: ["connection", "end"],
}

function propolisFields(event: SensorEvent, attributes: Attributes): Fields {
  const fields: Fields = { session: event.session, event: event.event }
  if (event.data.length > 0) {
    fields.data = bytesToBase64(event.data)
    fields.text = escapeBytes(event.data, maxTextBytes)
  }
  if (event.sha256 !== "") fields.sha256 = event.sha256
  if (Object.keys(attributes).length > 0) fields.attributes = attributes
  return fields
}

/** Attributes that the schema has a field for, nested. */
function addKnownAttributes(document: Fields, attributes: Attributes): void {
  for (const [name, path] of Object.entries(ecsFieldOf)) {
    const text = attributes[name]
    if (text === undefined) continue
    if (path === "http.response.status_code") {
      if (/^[1-9][0-9]{2}$/.test(text)) put(document, path, Number(text))
    } else put(document, path, text)
  }
}

export const ecsFieldOf: Readonly<Record<string, string>> = {
  username: "user.name",
  command: "process.command_line",
  httpMethod: "http.request.method",
  httpVersion: "http.version",
  httpStatus: "http.response.status_code",
  url: "url.original",
  httpHost: "url.domain",
  userAgent: "user_agent.original",
  filename: "file.name",
  captureSha256: "file.hash.sha256",
  dnsName: "dns.question.name",
  dnsType: "dns.question.type",
  dnsClass: "dns.question.class",
  tlsVersion: "tls.version",
  tlsCipher: "tls.cipher",
  tlsServerName: "tls.client.server_name",
}

function put(document: Fields, path: string, value: unknown): void {
  const names = path.split(".")
  const last = names.pop()!
  let at = document
  for (const name of names) {
    at[name] ??= {}
    at = at[name] as Fields
  }
  at[last] = value
}

function wellFormed(attributes: Attributes): Attributes {
  const entries = Object.entries(attributes)
  return Object.fromEntries(entries.map(([name, text]) => [name, text.toWellFormed()]))
}

/** One event in ArcSight's Common Event Format, version 0 (revision 27). */
import { escapeBytes, escapeText, type SensorEvent } from "@propolis/core"

/** The dictionary's longest texts have 1,023 characters. */
const maxCharacters = 1_023

const names: Readonly<Record<SensorEvent["event"], readonly [name: string, severity: number]>> = {
  CONNECT: ["Connection to a decoy service", 3],
  RX: ["Data received by a decoy service", 5],
  TX: ["Data sent by a decoy service", 1],
  INFO: ["Decoy service understood its peer", 5],
  DISCONNECT: ["Connection to a decoy service ended", 1],
}

/** Attribute → key of the dictionary. */
const keyOf: Readonly<Record<string, string>> = {
  username: "duser",
  httpMethod: "requestMethod",
  url: "request",
  userAgent: "requestClientApplication",
  filename: "fname",
  captureSha256: "fileHash",
  httpHost: "dhost",
}

export function cefMessage(event: SensorEvent): string {
  const [name, severity] = names[event.event]
  const head = ["CEF:0", "Propolis", "Propolis sensor", "1", event.event, name, String(severity)]
  const fields: [key: string, value: string | number][] = [
    ["rt", event.time],
    ["externalId", event.id],
    ["dvchost", event.sensor],
    ["proto", event.protocol],
    ["app", event.service],
    ...addressOf(event.remoteHost, "src", "c6a2", "Source IPv6 Address"),
    ["spt", event.remotePort],
    ...addressOf(event.localHost, "dst", "c6a3", "Destination IPv6 Address"),
    ["dpt", event.localPort],
    [event.event === "TX" ? "out" : "in", event.bytes],
    ["cs1Label", "session"],
    ["cs1", event.session],
  ]
  for (const [attribute, key] of Object.entries(keyOf)) {
    const text = event.attributes[attribute]
    if (text !== undefined) fields.push([key, escapeText(text)])
  }
  const { command } = event.attributes
  if (command !== undefined) fields.push(["cs2Label", "command"], ["cs2", escapeText(command)])
  if (event.data.length > 0) fields.push(["msg", escapeBytes(event.data)])
  const extension = fields.map(([key, value]) => `${key}=${escapeValue(String(value))}`)
  return `${head.map(escapeHeader).join("|")}|${extension.join(" ")}`
}

function addressOf(address: string, key: string, key6: string, label: string): [string, string][] {
  if (!address.includes(":")) return [[key, address]]
  return [
    [`${key6}Label`, label],
    [key6, address],
  ]
}

function escapeHeader(text: string): string {
  return text.replaceAll(/[\\|]/g, "\\$&")
}

function escapeValue(text: string): string {
  return text.slice(0, maxCharacters).toWellFormed().replaceAll(/[\\=]/g, "\\$&")
}

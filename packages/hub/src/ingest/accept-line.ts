/**
 * One line of a batch → one line of the hub's journal ({@link AcceptedEvent}). The line is written
 * anew from what was checked, never copied: a duplicated key or a second spelling of a value in the
 * sensor's text cannot mean one thing here and another thing to the store.
 */
import { hash } from "node:crypto"
import type { WireEvent } from "@propolis/core"
import { checkEvent } from "./check-event.ts"

/** What the hub knows of a remote address. */
export interface AddressContext {
  readonly country: string
  readonly asn: number
  readonly asName: string
}

export interface AcceptPorts {
  /** When the batch arrived, Unix ms. */
  readonly received: number
  readonly account: number
  /** Never throws, never waits. */
  enrich(address: string): AddressContext
}

/** The most characters of one line: 64 KiB of payload in base64 and the largest attributes. */
export const maxLineLength = 1024 * 1024

/** Either the line to keep, with its newline, or why it is refused. */
export type Accepted =
  | { readonly line: string; readonly reason?: undefined }
  | { readonly line?: undefined; readonly reason: string }

export function acceptLine(text: string, ports: AcceptPorts): Accepted {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    // V8's message quotes the text; its kind is enough.
    return { reason: `not JSON${position(error as Error)}` }
  }
  const { event, reason } = checkEvent(json)
  if (event === undefined) return { reason }
  const data = event.data ?? ""
  const dataBytes = decodedLength(data)
  if (event.bytes < dataBytes)
    return { reason: `bytes: ${event.bytes} is less than the ${dataBytes} bytes of data` }
  const sha256 = event.bytes === dataBytes ? sha256OfBase64(data) : (event.sha256 ?? "")
  return { line: acceptedLine(event, data, sha256, ports) }
}

function position(error: Error): string {
  return /at position \d+/.exec(error.message)?.[0].replace(/^/, " ") ?? ""
}

/** Bytes of a checked base64 text. */
function decodedLength(base64: string): number {
  if (base64 === "") return 0
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0
  return (base64.length / 4) * 3 - padding
}

/** Payloads repeat (banners, scans): the hashes of small ones are remembered, in bounded memory. */
const knownHashes = new Map<string, string>()
const maxKnownHashes = 8_192
const maxKnownLength = 512

function sha256OfBase64(base64: string): string {
  if (base64 === "") return ""
  const known = knownHashes.get(base64)
  if (known !== undefined) return known
  const digest = hash("sha256", Buffer.from(base64, "base64"), "hex")
  if (base64.length <= maxKnownLength) {
    if (knownHashes.size >= maxKnownHashes) knownHashes.clear()
    knownHashes.set(base64, digest)
  }
  return digest
}

/** As JSON.stringify of an AcceptedEvent; what is checked to need no escaping is written as it is. */
function acceptedLine(event: WireEvent, data: string, sha256: string, ports: AcceptPorts): string {
  const head = `{"v":${event.v},"id":"${event.id}","time":${event.time},"sensor":"${event.sensor}","session":"${event.session}","seq":${event.seq},"protocol":"${event.protocol}","event":"${event.event}","service":"${event.service}","emulator":"${event.emulator}","localHost":"${event.localHost}","localPort":${event.localPort},"remoteHost":"${event.remoteHost}","remotePort":${event.remotePort},"bytes":${event.bytes}`
  const payload = data === "" ? "" : `,"data":"${data}"`
  const digest = sha256 === "" ? "" : `,"sha256":"${sha256}"`
  const { country, asn, asName } = ports.enrich(event.remoteHost)
  return `${head}${payload}${digest}${attributesField(event)},"received":${ports.received},"account":${ports.account},"country":${JSON.stringify(country)},"asn":${asn},"asName":${JSON.stringify(asName)}}\n`
}

function attributesField(event: WireEvent): string {
  const { attributes } = event
  if (attributes === undefined) return ""
  let wellFormed = true
  let count = 0
  for (const name in attributes) {
    count++
    wellFormed &&= attributes[name]!.isWellFormed()
  }
  if (count === 0) return ""
  if (wellFormed) return `,"attributes":${JSON.stringify(attributes)}`
  // Half of a surrogate pair has no UTF-8 form and would stop the store at this line for good.
  const repaired = Object.entries(attributes).map(([name, text]) => [name, text.toWellFormed()])
  return `,"attributes":${JSON.stringify(Object.fromEntries(repaired))}`
}

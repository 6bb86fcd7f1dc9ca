/**
 * The PROXY protocol, receiving side: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 * (§2.1 version 1, text; §2.2 version 2, binary).
 */
import { type Endpoint, formatAddress, latin1FromBytes, normalizeAddress } from "@propolis/core"

/** Longest header that is read, either version (§2.2: every receiver must take 536 bytes). */
export const maxProxyHeaderBytes = 536
/** §2.1: longest line with its CRLF. */
const maxLineBytes = 107

export interface ProxyHeader {
  readonly version: 1 | 2
  /** Bytes of the header; the stream proper begins behind them. */
  readonly length: number
  /** The real connection; undefined for LOCAL and UNKNOWN, where the proxy speaks for itself. */
  readonly source: Endpoint | undefined
  readonly destination: Endpoint | undefined
}

const textStart = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20] // "PROXY "
const binaryStart = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

/** The header at the start of `bytes`; `more` where it is not complete yet, `invalid` where it is none. */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader | "more" | "invalid" {
  if (bytes.length === 0) return "more"
  if (startsLike(bytes, binaryStart)) return bytes.length < 16 ? "more" : parseBinary(bytes)
  if (startsLike(bytes, textStart)) return parseText(bytes)
  return "invalid"
}

/** Whether the bytes, as far as there are any, agree with the signature. */
function startsLike(bytes: Uint8Array, signature: readonly number[]): boolean {
  const length = Math.min(bytes.length, signature.length)
  for (let i = 0; i < length; i++) if (bytes[i] !== signature[i]) return false
  return true
}

function parseText(bytes: Uint8Array): ProxyHeader | "more" | "invalid" {
  const lineFeed = bytes.subarray(0, maxLineBytes).indexOf(0x0a)
  if (lineFeed < 0) return bytes.length >= maxLineBytes ? "invalid" : "more"
  if (bytes[lineFeed - 1] !== 0x0d) return "invalid"
  const length = lineFeed + 1
  const words = latin1FromBytes(bytes.subarray(0, lineFeed - 1)).split(" ")
  // §2.1: whatever follows UNKNOWN is to be ignored.
  if (words[1] === "UNKNOWN") return { version: 1, length, source: undefined, destination: undefined }
  if (words.length !== 6 || (words[1] !== "TCP4" && words[1] !== "TCP6")) return "invalid"
  const source = endpointOf(words[1], words[2]!, words[4]!)
  const destination = endpointOf(words[1], words[3]!, words[5]!)
  if (source === undefined || destination === undefined) return "invalid"
  return { version: 1, length, source, destination }
}

function endpointOf(family: "TCP4" | "TCP6", hostText: string, portText: string): Endpoint | undefined {
  // TCP6 may carry an IPv4-mapped address; TCP4 only an IPv4 one.
  if (hostText.includes(":") !== (family === "TCP6")) return undefined
  const host = normalizeAddress(hostText)
  if (host === undefined || !/^(?:0|[1-9][0-9]{0,4})$/.test(portText)) return undefined
  const port = Number(portText)
  return port > 65_535 ? undefined : { host, port }
}

const local = 0x20
const proxied = 0x21
const tcp4 = 0x11
const tcp6 = 0x21

function parseBinary(bytes: Uint8Array): ProxyHeader | "more" | "invalid" {
  const command = bytes[12]!
  const family = bytes[13]!
  const length = 16 + ((bytes[14]! << 8) | bytes[15]!)
  if (command !== local && command !== proxied) return "invalid"
  if (length > maxProxyHeaderBytes) return "invalid"
  if (bytes.length < length) return "more"
  const silent: ProxyHeader = { version: 2, length, source: undefined, destination: undefined }
  // §2.2: LOCAL is the proxy's own connection, whatever the family says; UNSPEC and UNIX name no address.
  if (command === local) return silent
  if (family !== tcp4 && family !== tcp6) return isKnownFamily(family) ? silent : "invalid"
  const size = family === tcp4 ? 4 : 16
  const addressesEnd = 16 + size * 2 + 4
  if (addressesEnd > length || !areTlvs(bytes.subarray(addressesEnd, length))) return "invalid"
  const ports = 16 + size * 2
  return {
    version: 2,
    length,
    source: { host: hostAt(bytes, 16, size), port: (bytes[ports]! << 8) | bytes[ports + 1]! },
    destination: {
      host: hostAt(bytes, 16 + size, size),
      port: (bytes[ports + 2]! << 8) | bytes[ports + 3]!,
    },
  }
}

/** UNSPEC, and the families of §2.2 over a stream that this host does not speak: their address is skipped. */
function isKnownFamily(family: number): boolean {
  return family === 0x00 || family === 0x12 || family === 0x22 || family === 0x31 || family === 0x32
}

function hostAt(bytes: Uint8Array, offset: number, size: number): string {
  const host = formatAddress(bytes.subarray(offset, offset + size))
  return normalizeAddress(host) ?? host
}

/** §2.2.1: type, two bytes of length, value; nothing may be left over. */
function areTlvs(bytes: Uint8Array): boolean {
  let offset = 0
  while (offset < bytes.length) {
    if (offset + 3 > bytes.length) return false
    offset += 3 + ((bytes[offset + 1]! << 8) | bytes[offset + 2]!)
  }
  return offset === bytes.length
}

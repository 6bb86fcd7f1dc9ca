/**
 * API keys: `propolis_sensor_` or `propolis_read_`, 43 base62 digits (256 random bits), 6 base62
 * digits of checksum (CRC-32 of all before), so that secret scanners recognise a real one without asking.
 */
import { hash, randomBytes } from "node:crypto"
import { crc32 } from "node:zlib"

export type KeyKind = "read" | "sensor"

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const pattern = /^propolis_(read|sensor)_[0-9A-Za-z]{49}$/

export function makeApiKey(kind: KeyKind): string {
  const body = `propolis_${kind}_${base62(BigInt(`0x${randomBytes(32).toString("hex")}`), 43)}`
  return body + checksum(body)
}

/** The kind of a well-formed key; `undefined` where the text is none. */
export function kindOfApiKey(key: string): KeyKind | undefined {
  const match = pattern.exec(key)
  if (match === null || checksum(key.slice(0, -6)) !== key.slice(-6)) return undefined
  return match[1] as KeyKind
}

/** What is stored of a token with 256 random bits: its SHA-256 suffices, nothing can be guessed. */
export function hashToken(token: string): string {
  return hash("sha256", token, "hex")
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), 6)
}

function base62(value: bigint, length: number): string {
  let text = ""
  for (let rest = value; rest > 0n; rest /= 62n) text = digits[Number(rest % 62n)] + text
  return text.padStart(length, "0")
}

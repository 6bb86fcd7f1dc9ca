/** Everything that a persona invents comes from one seed: the same label gives the same bytes, for ever. */
import { createHmac, hkdfSync } from "node:crypto"
import { bytesFromText } from "@propolis/core"

const maxDerivedBytes = 1_048_576

export interface Derivation {
  /** `count` bytes for a label. @throws RangeError beyond 1 MiB. */
  bytes(label: string, count: number): Uint8Array
  /** A whole number from 0 to `below` − 1. */
  integer(label: string, below: number): number
  /** One of some choices. */
  pick<T>(label: string, choices: readonly T[]): T
}

/**
 * HKDF-SHA256 (RFC 5869) makes a key of the seed; HMAC-SHA256 in counter mode (NIST SP 800-108 §4.1) makes as many
 * bytes as are wanted of key and label. What is asked for less is the beginning of what is asked for more.
 */
export function createDerivation(seed: Uint8Array): Derivation {
  const key = Buffer.from(hkdfSync("sha256", seed, bytesFromText("propolis persona"), "v1", 32))
  const bytes = (label: string, count: number): Uint8Array => {
    if (!Number.isInteger(count) || count < 0 || count > maxDerivedBytes) {
      throw new RangeError(`expected 0 to ${maxDerivedBytes} bytes to derive`)
    }
    const result = new Uint8Array(count)
    const counter = Buffer.alloc(4)
    for (let at = 0, block = 1; at < count; at += 32, block++) {
      counter.writeUInt32BE(block)
      const part = createHmac("sha256", key).update(counter).update(label, "utf8").digest()
      result.set(part.subarray(0, Math.min(32, count - at)), at)
    }
    return result
  }
  const integer = (label: string, below: number): number => {
    // 48 bits of a choice among few: the bias is beyond notice.
    const six = bytes(label, 6)
    return six.reduce((number, byte) => number * 256 + byte, 0) % below
  }
  return { bytes, integer, pick: (label, choices) => choices[integer(label, choices.length)]! }
}

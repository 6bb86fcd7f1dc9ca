/** A small encoder of DER (ITU-T X.690), as much of it as an X.509 certificate needs. */
import { bytesFromText, concatBytes } from "@propolis/core"

/** Tag, length in the definite form, contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(contents)
  return concatBytes([Uint8Array.of(tag), lengthOctets(body.length), body])
}

/** X.690 §8.1.3: one octet below 128, else their number and the octets, as few as possible (§10.1). */
function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return Uint8Array.of(0x80 | octets.length, ...octets)
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...parts)
}

/** SET OF one element; more would have to be sorted. */
export function setOfOne(part: Uint8Array): Uint8Array {
  return der(0x31, part)
}

/** A non-negative integer of big-endian bytes: leading zeros cut, one put back where the sign bit is set (§8.3.2). */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first)
  return digits[0]! >= 0x80 ? der(0x02, Uint8Array.of(0), digits) : der(0x02, digits)
}

export function nullValue(): Uint8Array {
  return der(0x05)
}

/** `2.5.4.3` (§8.19). @throws RangeError where the text is no object identifier. */
export function objectIdentifier(text: string): Uint8Array {
  if (!/^[0-2](?:\.(?:0|[1-9][0-9]{0,9}))+$/.test(text)) throw new RangeError("expected an object identifier")
  const [first, second, ...rest] = text.split(".").map(Number) as [number, number, ...number[]]
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift(0x80 | (left % 128))
    return groups
  })
  return der(0x06, Uint8Array.from(octets))
}

export function utf8String(text: string): Uint8Array {
  return der(0x0c, bytesFromText(text))
}

/** Whole octets, no unused bits. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return der(0x03, Uint8Array.of(0), bytes)
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return der(0x04, bytes)
}

/** `[number] EXPLICIT`. */
export function explicit(number: number, part: Uint8Array): Uint8Array {
  return der(0xa0 | number, part)
}

/** `[number] IMPLICIT` of a primitive type. */
export function implicit(number: number, bytes: Uint8Array): Uint8Array {
  return der(0x80 | number, bytes)
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on; whole seconds, Zulu. */
export function time(unixMs: number): Uint8Array {
  const date = new Date(Math.floor(unixMs / 1_000) * 1_000)
  const digits = date.toISOString().replaceAll(/[-:T]|\.000/g, "")
  const year = date.getUTCFullYear()
  return year >= 1950 && year < 2050
    ? der(0x17, bytesFromText(digits.slice(2)))
    : der(0x18, bytesFromText(digits))
}

/** Byte helpers without Node's Buffer in their types: payloads are bytes until the last moment. */
export const emptyBytes: Uint8Array = new Uint8Array(0)

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: false })
const latin1 = new TextDecoder("latin1")

/** UTF-8 bytes of a text. */
export function bytesFromText(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. */
export function textFromBytes(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** One character a byte (windows-1252 as browsers read latin1). For matching, not for showing. */
export function latin1FromBytes(bytes: Uint8Array): string {
  return latin1.decode(bytes)
}

interface Base64Bytes {
  toBase64?(): string
}
interface Base64Constructor {
  fromBase64?(text: string): Uint8Array
}

/** Standard base64 with padding (RFC 4648 §4). */
export function bytesToBase64(bytes: Uint8Array): string {
  if (typeof Buffer !== "undefined") {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
  }
  return (bytes as Base64Bytes).toBase64!()
}

export function bytesFromBase64(text: string): Uint8Array {
  if (typeof Buffer !== "undefined") return Buffer.from(text, "base64")
  return (Uint8Array as Base64Constructor).fromBase64!(text)
}

/** Lower-case hex. */
export function hexFromBytes(bytes: Uint8Array): string {
  let text = ""
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16)
  return text
}

/** @throws RangeError where the text is not an even number of hexadecimal digits. */
export function bytesFromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text))
    throw new RangeError("expected hexadecimal digits")
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16)
  return bytes
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

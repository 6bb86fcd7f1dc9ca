/** `hexdump -C`: offset, bytes in two groups, and the printable ASCII among them. */
export function hexdump(bytes: Uint8Array, perLine: 8 | 16 = 16): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += perLine) {
    const row = bytes.subarray(at, at + perLine)
    let hex = ""
    let ascii = ""
    for (let i = 0; i < perLine; i++) {
      const byte = row[i]
      hex += byte === undefined ? "   " : `${byte.toString(16).padStart(2, "0")} `
      if (i === 7 && perLine === 16) hex += " "
      if (byte !== undefined) ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."
    }
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex} |${ascii}|`)
  }
  return lines.join("\n")
}

export function bytesFromBase64(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** The first bytes of a base64 text, at most `maxBytes`, without decoding the rest. */
export function firstBytes(text: string, maxBytes: number): Uint8Array {
  return bytesFromBase64(text.slice(0, Math.ceil(maxBytes / 3) * 4)).subarray(0, maxBytes)
}

/** What an attacker sent, made safe to show to a person. */
import { textFromBytes } from "./bytes.ts"

// C0 and C1 controls, DEL, line and paragraph separators, bidirectional marks, zero-width characters, BOM.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/**
 * A text whose control characters, ANSI sequences and right-to-left marks are written out
 * (`\x1b`, `\u202e`), so that a terminal or a log line shows them instead of obeying them.
 */
export function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replace(unsafe, (character) => {
    const short = named[character]
    if (short !== undefined) return short
    const code = character.codePointAt(0)!
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`
  })
}

/**
 * Bytes as one safe line: UTF-8 where it is UTF-8, `\xNN` for every byte that is not, at most
 * `maxBytes` of them, with `…` where something was left out.
 */
export function escapeBytes(bytes: Uint8Array, maxBytes = 1_024): string {
  const shown = bytes.length > maxBytes ? bytes.subarray(0, maxBytes) : bytes
  const text = textFromBytes(shown)
  const safe = text.includes("\ufffd") ? escapeOctets(shown) : escapeText(text)
  return bytes.length > maxBytes ? `${safe}…` : safe
}

function escapeOctets(bytes: Uint8Array): string {
  let text = ""
  for (const byte of bytes) {
    if (byte === 0x5c) text += "\\\\"
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte)
    else text += named[String.fromCharCode(byte)] ?? `\\x${byte.toString(16).padStart(2, "0")}`
  }
  return text
}

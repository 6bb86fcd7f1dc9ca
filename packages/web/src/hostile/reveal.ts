/**
 * What an attacker sent, taken apart for showing: plain text, and marks that stand visibly for what a
 * browser would obey or hide (controls, ANSI sequences, bidirectional marks, bytes that are no UTF-8).
 */
export interface Piece {
  /** `text` is shown as it is, `mark` as a chip, `break` as a chip and a new line. */
  readonly kind: "text" | "mark" | "break"
  readonly text: string
  /** What a mark stands for, in words; empty for text. */
  readonly title: string
  /** How often a mark stands here in a row. */
  readonly count: number
}

// C0, C1, DEL, soft hyphen, bidirectional marks, zero-width and invisible characters, separators, BOM,
// annotation and tag characters, private use, lone surrogates.
const hidden =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Variation_Selector}]|[\u115f\u1160\u3164\u{e0000}-\u{e0fff}]|\u034f|\u17b4|\u17b5/gu
const controlSequence = /\u001b\[[0-?]*[ -/]*[@-~]/y

/** Short names of the C0 controls (ISO/IEC 6429); the common ones as everybody writes them. */
const controls =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS \\t \\n VT FF \\r SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  )
const names: Readonly<Record<number, string>> = {
  9: "tab",
  10: "line feed",
  13: "carriage return",
  27: "escape",
  127: "delete",
  173: "soft hyphen",
  1564: "Arabic letter mark",
  8203: "zero-width space",
  8204: "zero-width non-joiner",
  8205: "zero-width joiner",
  8206: "left-to-right mark",
  8207: "right-to-left mark",
  8234: "left-to-right embedding",
  8235: "right-to-left embedding",
  8236: "pop directional formatting",
  8237: "left-to-right override",
  8238: "right-to-left override",
  8294: "left-to-right isolate",
  8295: "right-to-left isolate",
  8296: "first strong isolate",
  8297: "pop directional isolate",
  65279: "byte order mark",
}

function escapeOf(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`
}

function markOf(code: number): Piece {
  const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0)
  const name = names[code] ?? (isControl ? "control character" : "invisible character")
  const text = code < 0x20 ? controls[code]! : code === 0x7f ? "DEL" : escapeOf(code)
  const point = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
  return { kind: code === 0x0a ? "break" : "mark", text, title: `${name} (${point})`, count: 1 }
}

function plain(text: string): Piece {
  return { kind: "text", text, title: "", count: 1 }
}

/** Text of the hub (an attribute, a user agent, a service or AS name) in pieces. */
export function revealText(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  hidden.lastIndex = 0
  for (let match = hidden.exec(text); match !== null; match = hidden.exec(text)) {
    if (match.index > from) pieces.push(plain(text.slice(from, match.index)))
    controlSequence.lastIndex = match.index
    const sequence = match[0] === "\u001b" ? controlSequence.exec(text)?.[0] : undefined
    if (sequence === undefined) {
      pushMark(pieces, markOf(match[0].codePointAt(0)!))
      from = hidden.lastIndex
    } else {
      pushMark(pieces, {
        kind: "mark",
        text: `ESC${sequence.slice(1)}`,
        title: "ANSI control sequence",
        count: 1,
      })
      from = match.index + sequence.length
      hidden.lastIndex = from
    }
  }
  if (from < text.length) pieces.push(plain(text.slice(from)))
  return pieces
}

/** A run of equal marks is one chip: a payload of 64 KiB of NUL must not become 65,536 elements. */
function pushMark(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1)
  if (piece.kind === "mark" && last?.kind === "mark" && last.text === piece.text) {
    pieces[pieces.length - 1] = { ...last, count: last.count + 1 }
  } else pieces.push(piece)
}

/** Bytes in pieces: UTF-8 where it is UTF-8, a `\xNN` mark for every byte that is not. */
export function revealBytes(bytes: Uint8Array): Piece[] {
  const pieces: Piece[] = []
  let text = ""
  let broken = ""
  const flushText = () => {
    if (text !== "") pieces.push(...revealText(text))
    text = ""
  }
  const flushBroken = () => {
    if (broken !== "") pieces.push({ kind: "mark", text: broken, title: "bytes that are no UTF-8", count: 1 })
    broken = ""
  }
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at)
    if (length === 0) {
      flushText()
      broken += escapeOf(bytes[at]!)
      at++
    } else {
      flushBroken()
      text += decodeCharacter(bytes, at, length)
      at += length
    }
  }
  flushText()
  flushBroken()
  return pieces
}

/** Length of the well-formed UTF-8 character at `at` (Unicode table 3-7), 0 where there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!
  if (lead < 0x80) return 1
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) === 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  for (let i = 1; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0
  const second = bytes[at + 1]!
  if (lead === 0xe0 && second < 0xa0) return 0
  if (lead === 0xed && second > 0x9f) return 0
  if (lead === 0xf0 && second < 0x90) return 0
  if (lead === 0xf4 && second > 0x8f) return 0
  return length
}

function decodeCharacter(bytes: Uint8Array, at: number, length: number): string {
  let code = bytes[at]!
  if (length > 1) code &= 0xff >> (length + 1)
  for (let i = 1; i < length; i++) code = (code << 6) | (bytes[at + i]! & 0x3f)
  return String.fromCodePoint(code)
}

/** Bytes as one text that is safe to paste anywhere: marks as backslash escapes, no control character left. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = ""
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at)
    if (length === 0) {
      text += escapeOf(bytes[at]!)
      at++
      continue
    }
    const character = decodeCharacter(bytes, at, length)
    const code = character.codePointAt(0)!
    hidden.lastIndex = 0
    if (character === "\\") text += "\\\\"
    else if (character === "\n") text += "\\n"
    else if (character === "\r") text += "\\r"
    else if (character === "\t") text += "\\t"
    else text += hidden.test(character) ? escapeOf(code) : character
    at += length
  }
  return text
}

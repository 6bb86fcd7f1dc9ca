import { describe, expect, test } from "vitest"
import { escapeBytes, type Piece, revealBytes, revealText } from "./reveal.ts"

const text = new TextEncoder()
const shown = (pieces: readonly Piece[]) =>
  pieces
    .map((piece) =>
      piece.kind === "text" ? piece.text : `<${piece.text}${piece.count > 1 ? `×${piece.count}` : ""}>`,
    )
    .join("")

describe("text in pieces", () => {
  const cases: readonly (readonly [name: string, text: string, shown: string])[] = [
    ["plain text is one piece", "GET / HTTP/1.1", "GET / HTTP/1.1"],
    ["markup is text", "<script>alert(1)</script>", "<script>alert(1)</script>"],
    ["controls by their names", "a\u0000b\u0007c\u007f", "a<NUL>b<BEL>c<DEL>"],
    ["line ends as written", "a\r\nb\tc", "a<\\r><\\n>b<\\t>c"],
    ["an ANSI sequence is one mark", "\u001b[31;1mred\u001b[0m", "<ESC[31;1m>red<ESC[0m>"],
    ["an escape that begins nothing", "\u001b]0;title", "<ESC>]0;title"],
    ["C1 controls", "\u009b31m", "<\\x9b>31m"],
    ["bidirectional marks", "a\u202eb\u2066c\u200f", "a<\\u202e>b<\\u2066>c<\\u200f>"],
    ["what cannot be seen", "a\u200bb\ufeffc\u00add\u3164", "a<\\u200b>b<\\ufeff>c<\\xad>d<\\u3164>"],
    ["tag characters", "a\u{e0041}b", "a<\\u{e0041}>b"],
    ["half a surrogate pair", "a\ud800b", "a<\\ud800>b"],
    ["a run is one mark with its length", "\u0000\u0000\u0000x", "<NUL×3>x"],
    ["letters of other scripts stay", "Привет 你好 é 😀", "Привет 你好 é 😀"],
  ]
  test.each(cases)("%s", (_name, input, expected) => {
    expect(shown(revealText(input))).toBe(expected)
  })
})

describe("bytes in pieces", () => {
  test("UTF-8 is text, every other byte is a mark", () => {
    expect(shown(revealBytes(Uint8Array.from([0x41, 0xff, 0xfe, 0xc3, 0xa9, 0x80])))).toBe(
      "A<\\xff\\xfe>é<\\x80>",
    )
  })

  test.each([
    ["overlong", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
    ["cut off", [0xe2, 0x82]],
  ])("%s is no UTF-8", (_name, bytes) => {
    expect(revealBytes(Uint8Array.from(bytes)).every(({ kind }) => kind === "mark")).toBe(true)
  })

  test("agrees with the platform's decoder on every two bytes", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    for (let pair = 0; pair < 65_536; pair++) {
      const bytes = Uint8Array.from([pair >> 8, pair & 0xff])
      let valid = true
      try {
        decoder.decode(bytes)
      } catch {
        valid = false
      }
      const refused = revealBytes(bytes).some(({ title }) => title.includes("no UTF-8"))
      if (refused === valid) expect.fail(`bytes ${pair.toString(16)}`)
    }
  })

  test("64 KiB of one control are one element", () => {
    expect(revealBytes(new Uint8Array(65_536))).toHaveLength(1)
  })
})

test("what is copied has no character that a terminal or an editor obeys, and can be told apart from what was typed", () => {
  const all = new Uint8Array(512).map((_, i) => i % 256)
  expect(escapeBytes(all)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(escapeBytes(text.encode("a\\n\n\u202e\u001b[0m"))).toBe("a\\\\n\\n\\u202e\\x1b[0m")
})

/**
 * Twice the input must not cost much more than twice the work, however it is cut: measured in the CPU time of
 * this process, the best of a few, with room for a busy machine. A quadratic machine costs four times as much.
 */
import type { Emulator } from "@propolis/core"
import { FakeConnection, FakeSession } from "@propolis/testkit/emulator"
import { expect, it } from "vitest"
import { emulators } from "./index.ts"

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
const filled = (unit: string, bytes: number) =>
  bytesOf(unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes))
const small = 524_288
/** Less than this is the machine's noise. */
const freeMs = 60
/** Between twice and four times. */
const maxGrowth = 3.2
const tries = 4

const refusals =
  "\xff\xfe%\xff\xfe&\xff\xfc\x18\xff\xfc \xff\xfc#\xff\xfc'\xff\xfc$\xff\xfe\x03\xff\xfc\x01\xff\xfc\"\xff\xfc\x1f\xff\xfe\x05\xff\xfc!"
const shell = `${refusals}root\r\nx\r\n`
const post = (type: string, length: number) =>
  `POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`
const body = (type: string, unit: string) => (bytes: number) => {
  const text = unit.repeat(Math.floor(bytes / unit.length))
  return bytesOf(post(type, text.length) + text)
}
const many = { maxRequests: 100_000 }
const pattern = (match: string) => ({ maxLine: 4_096, default: "?", patterns: [{ name: "a", match }] })

type Input = string | ((bytes: number) => Uint8Array)
const cases: readonly (readonly [
  emulator: string,
  what: string,
  options: object,
  begin: string,
  input: Input,
])[] = [
  ["telnet", "a line that never ends", { policy: "any" }, shell, "a"],
  ["telnet", "words that are erased", { policy: "any" }, shell, `${"a ".repeat(2_000)}\x17`],
  ["telnet", "lines of many commands", { policy: "any" }, shell, `${";".repeat(4_000)}\r\n`],
  ["telnet", "requests", {}, "", "\xff\xfd\x63\xff\xfe\x01\xff\xfd\x01"],
  ["telnet", "large subnegotiations", {}, "", `\xff\xfa\x18\x00${"A".repeat(5_000)}\xff\xf0`],
  ["http", "pipelined requests", many, "", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["http", "folded fields", many, "", `GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n${" a\r\n".repeat(3_000)}\r\n`],
  ["http", "targets that climb", many, "", `GET /${"%41/../".repeat(1_100)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  [
    "http",
    "chunks of one byte",
    {},
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "1\r\na\r\n",
  ],
  ["http", "a long body", { maxKeptBodyBytes: 16_777_216 }, post("text/plain", 900_000_000), "a"],
  [
    "http",
    "many parts",
    {},
    "",
    body("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'),
  ],
  [
    "http",
    "what nearly parts",
    {},
    "",
    body(`multipart/form-data; boundary=${"-".repeat(60)}b`, "\r\n---------"),
  ],
  ["http", "a large form", {}, "", body("application/x-www-form-urlencoded", "a=b&")],
  [
    "dns",
    "messages over TCP",
    {},
    "",
    "\x00\x1e\x124\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04corp\x07example\x00\x00\x01\x00\x01",
  ],
  ["declarative", "lines for a pattern", pattern("^a.*b.*c"), "", `${"ab".repeat(2_048)}\n`],
  ["declarative", "lines for a pattern from anywhere", pattern("a.*c"), "", `${"ab".repeat(2_048)}\n`],
  ["declarative", "a line that never ends", pattern("^a"), "", "a"],
  ["echo", "bytes", {}, "", "a"],
]

function cpuMs(
  emulator: Emulator,
  options: object,
  begin: string,
  input: Input,
  bytes: number,
  pieceBytes: number,
): number {
  const connection = new FakeConnection({ keep: false })
  const session = new FakeSession(emulator, emulator.options.parse(options), connection)
  if (begin !== "") session.receive(bytesOf(begin))
  const all = typeof input === "string" ? filled(input, bytes) : input(bytes)
  const before = process.cpuUsage()
  for (let at = 0; at < all.length && !connection.ended; at += pieceBytes) {
    session.receive(all.subarray(at, at + pieceBytes))
  }
  const { user, system } = process.cpuUsage(before)
  session.close()
  return (user + system) / 1_000
}

for (const [name, what, options, begin, input] of cases) {
  const emulator = emulators.find((each) => each.name === name)!
  it.each([1, 65_536])(`${name}: ${what}, in pieces of %i bytes`, (pieceBytes) => {
    const measured: string[] = []
    for (let i = 0; i < tries; i++) {
      const once = cpuMs(emulator, options, begin, input, small, pieceBytes)
      const twice = cpuMs(emulator, options, begin, input, small * 2, pieceBytes)
      if (twice <= once * maxGrowth + freeMs) return
      measured.push(`${once.toFixed(0)} ms, ${twice.toFixed(0)} ms`)
    }
    expect.fail(`twice the input cost more than ${maxGrowth} times as much: ${measured.join("; ")}`)
  })
}

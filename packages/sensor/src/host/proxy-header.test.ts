import { parseAddress } from "@propolis/core"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { maxProxyHeaderBytes, parseProxyHeader } from "./proxy-header.ts"

const text = (line: string) => Buffer.from(line, "latin1")
const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex")

function binary(command: number, family: number, body: Uint8Array, length = body.length): Uint8Array {
  return Buffer.concat([signature, Buffer.from([command, family, length >>> 8, length & 0xff]), body])
}
function addresses(source: string, destination: string, ports: number[]): Buffer {
  const wide = source.includes(":")
  const bytes = (host: string) => (wide ? sixteen(host) : parseAddress(host)!)
  return Buffer.concat([
    bytes(source),
    bytes(destination),
    Buffer.from(ports.flatMap((port) => [port >>> 8, port & 255])),
  ])
}
function sixteen(host: string): Uint8Array {
  const bytes = parseAddress(host)!
  return bytes.length === 16 ? bytes : Buffer.concat([Buffer.from(`${"00".repeat(10)}ffff`, "hex"), bytes])
}

const source4 = { host: "203.0.113.7", port: 40_000 }
const destination4 = { host: "198.51.100.1", port: 443 }
const tcp4 = addresses(source4.host, destination4.host, [40_000, 443])
const tcp6 = addresses("2001:db8::7", "2001:db8::1", [1, 65_535])

const good: [string, Uint8Array, ReturnType<typeof parseProxyHeader>][] = [
  [
    "v1 TCP4",
    text("PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n"),
    { version: 1, length: 47, source: source4, destination: destination4 },
  ],
  [
    "v1 TCP6",
    text("PROXY TCP6 2001:DB8::7 ::1 0 65535\r\n"),
    {
      version: 1,
      length: 36,
      source: { host: "2001:db8::7", port: 0 },
      destination: { host: "::1", port: 65_535 },
    },
  ],
  [
    "v1 UNKNOWN",
    text("PROXY UNKNOWN\r\n"),
    { version: 1, length: 15, source: undefined, destination: undefined },
  ],
  [
    "v1 UNKNOWN with what is to be ignored",
    text("PROXY UNKNOWN ff:: nonsense 1 2\r\n"),
    { version: 1, length: 33, source: undefined, destination: undefined },
  ],
  [
    "v2 TCP4",
    binary(0x21, 0x11, tcp4),
    { version: 2, length: 28, source: source4, destination: destination4 },
  ],
  [
    "v2 TCP4 with TLVs",
    binary(0x21, 0x11, Buffer.concat([tcp4, Buffer.from("0400026162", "hex"), Buffer.from("010000", "hex")])),
    { version: 2, length: 36, source: source4, destination: destination4 },
  ],
  [
    "v2 TCP6",
    binary(0x21, 0x21, tcp6),
    {
      version: 2,
      length: 52,
      source: { host: "2001:db8::7", port: 1 },
      destination: { host: "2001:db8::1", port: 65_535 },
    },
  ],
  [
    "v2 LOCAL",
    binary(0x20, 0x00, Buffer.alloc(0)),
    { version: 2, length: 16, source: undefined, destination: undefined },
  ],
  [
    "v2 LOCAL with an address that is to be ignored",
    binary(0x20, 0x11, tcp4),
    { version: 2, length: 28, source: undefined, destination: undefined },
  ],
  [
    "v2 UNSPEC",
    binary(0x21, 0x00, Buffer.alloc(9)),
    { version: 2, length: 25, source: undefined, destination: undefined },
  ],
  [
    "v2 UNIX",
    binary(0x21, 0x31, Buffer.alloc(216)),
    { version: 2, length: 232, source: undefined, destination: undefined },
  ],
]

const bad: [string, Uint8Array][] = [
  ["something else", text("GET / HTTP/1.1\r\n")],
  ["v1 without a carriage return", text("PROXY TCP4 1.2.3.4 1.2.3.5 1 2\n")],
  ["v1 lower case", text("proxy TCP4 1.2.3.4 1.2.3.5 1 2\r\n")],
  ["v1 with a word too many", text("PROXY TCP4 1.2.3.4 1.2.3.5 1 2 3\r\n")],
  ["v1 with two spaces", text("PROXY  TCP4 1.2.3.4 1.2.3.5 1 2\r\n")],
  ["v1 with a port too large", text("PROXY TCP4 1.2.3.4 1.2.3.5 1 65536\r\n")],
  ["v1 with a port that begins with zero", text("PROXY TCP4 1.2.3.4 1.2.3.5 01 2\r\n")],
  ["v1 with an octet that begins with zero", text("PROXY TCP4 1.2.3.04 1.2.3.5 1 2\r\n")],
  ["v1 TCP4 with IPv6", text("PROXY TCP4 ::1 ::1 1 2\r\n")],
  ["v1 TCP6 with IPv4", text("PROXY TCP6 1.2.3.4 1.2.3.5 1 2\r\n")],
  ["v1 with UDP", text("PROXY UDP4 1.2.3.4 1.2.3.5 1 2\r\n")],
  ["v1 without an end", text(`PROXY TCP4 ${"1".repeat(100)}`)],
  ["v2 version 1", binary(0x11, 0x11, tcp4)],
  ["v2 unknown command", binary(0x22, 0x11, tcp4)],
  ["v2 unknown family", binary(0x21, 0x41, tcp4)],
  ["v2 too short for its addresses", binary(0x21, 0x11, tcp4.subarray(0, 8))],
  ["v2 longer than is read", binary(0x21, 0x11, tcp4, 600)],
  ["v2 with a torn TLV", binary(0x21, 0x11, Buffer.concat([tcp4, Buffer.from("04000a61", "hex")]))],
]

describe("parseProxyHeader", () => {
  it.each(good)("reads %s, however it is cut", (_name, bytes, header) => {
    expect(parseProxyHeader(Buffer.concat([bytes, text("the stream")]))).toEqual(header)
    for (let length = 0; length < bytes.length; length++) {
      expect(parseProxyHeader(bytes.subarray(0, length))).toBe("more")
    }
  })

  it.each(bad)("refuses %s", (_name, bytes) => {
    expect(parseProxyHeader(bytes)).toBe("invalid")
  })

  it("writes an IPv4-mapped source as IPv4", () => {
    const mapped = Buffer.concat([sixteen("203.0.113.7"), sixteen("2001:db8::1"), Buffer.from([0, 2, 0, 3])])
    expect(parseProxyHeader(binary(0x21, 0x21, mapped))).toMatchObject({
      source: { host: "203.0.113.7", port: 2 },
    })
  })

  it("never reads on beyond its bound, never throws", () => {
    const start = fc.constantFrom(
      Buffer.alloc(0),
      text("PROXY "),
      signature,
      binary(0x21, 0x11, Buffer.alloc(0), 12),
    )
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 700 }), (head, rest) => {
        const bytes = Buffer.concat([head, rest])
        const header = parseProxyHeader(bytes)
        if (header === "more") expect(bytes.length).toBeLessThan(maxProxyHeaderBytes)
        else if (header !== "invalid")
          expect(header.length).toBeLessThanOrEqual(Math.min(bytes.length, maxProxyHeaderBytes))
      }),
    )
  })
})

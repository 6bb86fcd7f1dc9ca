/**
 * Rows of `events` in the engine's RowBinary format, in the order of `eventColumns`
 * (https://clickhouse.com/docs/interfaces/formats/RowBinary): little-endian numbers, texts with a LEB128 length before them.
 */
import type { AcceptedEvent } from "../../accepted-event.ts"

const protocolCodes = { TCP: 1, UDP: 2 } as const
const kindCodes = { CONNECT: 1, RX: 2, TX: 3, INFO: 4, DISCONNECT: 5 } as const

/** Collects rows in one buffer that doubles as it fills. */
export class RowEncoder {
  #buffer: Buffer
  #used = 0
  rows = 0

  constructor(initialBytes = 1024 * 1024) {
    this.#buffer = Buffer.allocUnsafe(initialBytes)
  }

  get byteLength(): number {
    return this.#used
  }

  /** The rows so far; valid until the next write. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used)
  }

  reset(): void {
    this.#used = 0
    this.rows = 0
  }

  /** @param timeMs the effective time */
  add(event: AcceptedEvent, sequence: number, timeMs: number): void {
    this.#reserve(256)
    this.#uint64(sequence)
    this.#uuid(event.id)
    this.#int64(event.received)
    this.#int64(timeMs)
    this.#int64(event.time - timeMs)
    this.#uint32(event.account)
    this.#text(event.sensor)
    this.#uuid(event.session)
    this.#uint64(event.seq)
    this.#buffer[this.#used++] = protocolCodes[event.protocol]
    this.#buffer[this.#used++] = kindCodes[event.event]
    this.#text(event.service)
    this.#text(event.emulator)
    this.#text(event.localHost)
    this.#uint16(event.localPort)
    this.#text(event.remoteHost)
    this.#uint16(event.remotePort)
    this.#uint64(event.bytes)
    this.#encoded(event.data ?? "", "base64")
    this.#encoded(event.sha256 ?? "", "hex")
    this.#map(event.attributes)
    this.#text(event.country)
    this.#uint32(event.asn)
    this.#text(event.asName)
    this.rows++
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#used + bytes))
    this.#buffer.copy(larger, 0, 0, this.#used)
    this.#buffer = larger
  }

  #uint16(value: number): void {
    this.#buffer[this.#used++] = value
    this.#buffer[this.#used++] = value >>> 8
  }

  #uint32(value: number): void {
    this.#used = this.#buffer.writeUInt32LE(value >>> 0, this.#used)
  }

  /** Whole numbers below 2^53. */
  #uint64(value: number): void {
    this.#used = this.#buffer.writeUInt32LE(value % 0x1_0000_0000, this.#used)
    this.#used = this.#buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), this.#used)
  }

  #int64(value: number): void {
    if (value >= 0) this.#uint64(value)
    else this.#used = this.#buffer.writeBigInt64LE(BigInt(value), this.#used)
  }

  /** Two little-endian halves. */
  #uuid(text: string): void {
    const a = Number.parseInt(text.slice(0, 8), 16)
    const b = Number.parseInt(text.slice(9, 13) + text.slice(14, 18), 16)
    const c = Number.parseInt(text.slice(19, 23) + text.slice(24, 28), 16)
    const d = Number.parseInt(text.slice(28, 36), 16)
    this.#uint32(b)
    this.#uint32(a)
    this.#uint32(d)
    this.#uint32(c)
  }

  #length(length: number): void {
    let rest = length
    while (rest > 0x7f) {
      this.#buffer[this.#used++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#used++] = rest
  }

  #text(text: string): void {
    this.#reserve(text.length * 3 + 264)
    if (text.length < 43) {
      // At most 126 bytes of UTF-8: the length takes one byte, whatever it turns out to be.
      const written = this.#buffer.write(text, this.#used + 1)
      this.#buffer[this.#used] = written
      this.#used += written + 1
      return
    }
    this.#length(Buffer.byteLength(text))
    this.#used += this.#buffer.write(text, this.#used)
  }

  #encoded(text: string, encoding: "base64" | "hex"): void {
    if (text === "") {
      this.#buffer[this.#used++] = 0
      return
    }
    this.#reserve(text.length + 264)
    this.#length(encoding === "hex" ? text.length >>> 1 : Buffer.byteLength(text, "base64"))
    this.#used += this.#buffer.write(text, this.#used, encoding)
  }

  #map(map: Readonly<Record<string, string>> | undefined): void {
    if (map === undefined) {
      this.#buffer[this.#used++] = 0
      return
    }
    const entries = Object.entries(map)
    this.#length(entries.length)
    for (const [name, value] of entries) {
      this.#text(name)
      this.#text(value)
    }
    this.#reserve(264)
  }
}

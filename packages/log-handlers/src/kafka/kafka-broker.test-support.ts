/**
 * A broker of one topic with one partition, as far as a producer needs it, read off Kafka's protocol guide: requests
 * ApiVersions 3, Metadata 8, InitProducerId 1 and Produce 7, record batches of format 2. Debian has no Kafka; this
 * shows what a producer sends, not how a real cluster behaves.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { gunzipSync, zstdDecompressSync } from "node:zlib"

export interface KafkaRecord {
  readonly key: string | undefined
  readonly value: string
  readonly timestamp: number
  readonly headers: Readonly<Record<string, string>>
}

export interface KafkaBroker {
  readonly port: number
  readonly records: readonly KafkaRecord[]
  /** Error code of the next answers to Produce, one each. */
  readonly produceErrors: number[]
  /** From now on nothing is answered. */
  stall(): void
  down(): Promise<void>
  up(): Promise<void>
}

const api = { produce: 0, metadata: 3, apiVersions: 18, initProducerId: 22 } as const
const versions = [
  [api.produce, 3, 7],
  [api.metadata, 1, 8],
  [api.apiVersions, 0, 3],
  [api.initProducerId, 0, 1],
] as const

export async function startKafkaBroker(topic: string): Promise<KafkaBroker> {
  const records: KafkaRecord[] = []
  const produceErrors: number[] = []
  const sockets = new Set<Socket>()
  let stalled = false
  let port = 0
  let producers = 0
  let server: Server
  const answer = (key: number, version: number, body: Reading): Buffer => {
    if (key === api.apiVersions) return apiVersionsAnswer()
    if (key === api.metadata) return metadataAnswer(topic, port)
    if (key === api.initProducerId) return Buffer.concat([i32(0), i16(0), i64(++producers), i16(0)])
    if (key === api.produce && version === 7) return produce(body)
    throw new Error(`request ${key} version ${version}`)
  }
  const produce = (body: Reading): Buffer => {
    body.text()
    if (body.i16() !== -1) throw new Error("expected acks of all replicas")
    body.i32()
    const error = produceErrors.shift() ?? 0
    const got: KafkaRecord[] = []
    const count = body.i32()
    for (let n = 0; n < count; n++) {
      if (body.text() !== topic) throw new Error("another topic")
      for (let partitions = body.i32(); partitions > 0; partitions--) {
        body.i32()
        got.push(...readBatch(body.bytes(body.i32())))
      }
    }
    const offset = records.length
    if (error === 0) records.push(...got)
    const partition = Buffer.concat([i32(0), i16(error), i64(error === 0 ? offset : -1), i64(-1), i64(0)])
    return Buffer.concat([i32(1), text(topic), i32(1), partition, i32(0)])
  }
  const serve = (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => {})
    let rest: Buffer = Buffer.alloc(0)
    socket.on("data", (chunk) => {
      if (stalled) return
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE()) {
        const end = 4 + rest.readInt32BE()
        const request = new Reading(rest.subarray(4, end))
        rest = rest.subarray(end)
        const [key, version, correlation] = [request.i16(), request.i16(), request.i32()]
        request.text()
        const body = Buffer.concat([i32(correlation), answer(key, version, request)])
        socket.write(Buffer.concat([i32(body.length), body]))
      }
    })
  }
  const up = async () => {
    server = createServer(serve)
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
    port = (server.address() as AddressInfo).port
  }
  await up()
  return {
    port,
    records,
    produceErrors,
    stall() {
      stalled = true
    },
    async down() {
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    up,
  }
}

function apiVersionsAnswer(): Buffer {
  const keys = versions.map(([key, min, max]) => Buffer.concat([i16(key), i16(min), i16(max), Buffer.of(0)]))
  return Buffer.concat([i16(0), Buffer.of(keys.length + 1), ...keys, i32(0), Buffer.of(0)])
}

function metadataAnswer(topic: string, port: number): Buffer {
  const nodes = Buffer.concat([i32(1), i32(1)])
  const partition = Buffer.concat([i16(0), i32(0), i32(1), i32(0), nodes, nodes, i32(0)])
  return Buffer.concat([
    Buffer.concat([i32(0), i32(1), i32(1), text("127.0.0.1"), i32(port), i16(-1)]),
    Buffer.concat([text("cluster"), i32(1)]),
    Buffer.concat([i32(1), i16(0), text(topic), Buffer.of(0), i32(1), partition, i32(0)]),
    i32(0),
  ])
}

/** Record batch, format 2; the checksum is checked. */
function readBatch(bytes: Buffer): KafkaRecord[] {
  const head = new Reading(bytes)
  head.i64()
  if (head.i32() !== bytes.length - 12) throw new Error("length of the batch")
  head.i32()
  if (head.bytes(1)[0] !== 2) throw new Error("format of the batch")
  if (head.i32() >>> 0 !== crc32c(bytes.subarray(21))) throw new Error("checksum of the batch")
  const coding = head.i16() & 7
  head.i32()
  const first = head.i64()
  head.i64()
  if (head.i64() < 1) throw new Error("expected an idempotent producer")
  head.i16()
  head.i32()
  const count = head.i32()
  const rest = head.bytes(bytes.length - 61)
  const decompress = { 0: (bytes: Buffer) => bytes, 1: gunzipSync, 4: zstdDecompressSync }[coding]
  if (decompress === undefined) throw new Error(`compression ${coding}`)
  const body = new Reading(decompress(rest))
  return Array.from({ length: count }, (_, n) => readRecord(body, n, first))
}

function readRecord(body: Reading, n: number, first: number): KafkaRecord {
  body.varint()
  body.bytes(1)
  const timestamp = first + body.varint()
  if (body.varint() !== n) throw new Error("offset within the batch")
  const keyLength = body.varint()
  const key = keyLength < 0 ? undefined : body.bytes(keyLength).toString()
  const value = body.bytes(body.varint()).toString()
  const headers: Record<string, string> = {}
  for (let left = body.varint(); left > 0; left--) {
    const name = body.bytes(body.varint()).toString()
    headers[name] = body.bytes(body.varint()).toString()
  }
  return { key, value, timestamp, headers }
}

class Reading {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }
  bytes(length: number): Buffer {
    this.#at += length
    if (this.#at > this.#bytes.length) throw new Error("too short")
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
  i16(): number {
    return this.bytes(2).readInt16BE()
  }
  i32(): number {
    return this.bytes(4).readInt32BE()
  }
  i64(): number {
    return Number(this.bytes(8).readBigInt64BE())
  }
  text(): string | undefined {
    const length = this.i16()
    return length < 0 ? undefined : this.bytes(length).toString()
  }
  /** Zig-zag. */
  varint(): number {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(this.bytes(1)[0]!)
      value |= (byte & 0x7fn) << shift
      if (byte < 0x80n) return Number((value >> 1n) ^ -(value & 1n))
    }
  }
}

const i16 = (n: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(n)
  return bytes
}
const i32 = (n: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(n)
  return bytes
}
const i64 = (n: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(n))
  return bytes
}
const text = (value: string) => Buffer.concat([i16(Buffer.byteLength(value)), Buffer.from(value)])

/** Castagnoli's polynomial, bit by bit. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}

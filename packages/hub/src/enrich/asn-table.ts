/**
 * Ranges of addresses and the autonomous systems that announce them, as sorted arrays: some 10 MB
 * for the whole Internet, a look-up is a binary search.
 */
import { crc32 } from "node:zlib"

export interface AsnEntry {
  readonly asn: number
  readonly name: string
}

/** What a table is made of. Ranges are sorted, inclusive and do not overlap. */
export interface AsnTableParts {
  /** First and last address of each IPv4 range. */
  readonly v4First: Uint32Array
  readonly v4Last: Uint32Array
  /** Index into `asns`. */
  readonly v4As: Uint32Array
  /** Four words an address, most significant first. */
  readonly v6First: Uint32Array
  readonly v6Last: Uint32Array
  readonly v6As: Uint32Array
  readonly asns: Uint32Array
  /** Byte offset of each name in `names`, and the end of the last. */
  readonly nameOffsets: Uint32Array
  /** UTF-8. */
  readonly names: Uint8Array
}

const magic = 0x4e53_4150
const formatVersion = 1
const partNames = [
  "v4First",
  "v4Last",
  "v4As",
  "v6First",
  "v6Last",
  "v6As",
  "asns",
  "nameOffsets",
  "names",
] as const satisfies readonly (keyof AsnTableParts)[]
const headerWords = 4 + partNames.length

export class AsnTable {
  readonly #parts: AsnTableParts
  readonly #decoder = new TextDecoder()

  constructor(parts: AsnTableParts) {
    this.#parts = parts
  }

  get ranges(): number {
    return this.#parts.v4First.length + this.#parts.v6As.length
  }

  /** @param address 4 or 16 bytes. */
  find(address: Uint8Array): AsnEntry | undefined {
    return address.length === 4 ? this.#findV4(address) : this.#findV6(address)
  }

  #findV4(address: Uint8Array): AsnEntry | undefined {
    const { v4First, v4Last, v4As } = this.#parts
    const value = wordAt(address, 0)
    const i = lastNotAfter(v4First.length, (at) => v4First[at]! <= value)
    return i >= 0 && v4Last[i]! >= value ? this.#entry(v4As[i]!) : undefined
  }

  #findV6(address: Uint8Array): AsnEntry | undefined {
    const { v6First, v6Last, v6As } = this.#parts
    const words = [0, 4, 8, 12].map((offset) => wordAt(address, offset))
    const i = lastNotAfter(v6As.length, (at) => compareWords(v6First, at * 4, words) <= 0)
    return i >= 0 && compareWords(v6Last, i * 4, words) >= 0 ? this.#entry(v6As[i]!) : undefined
  }

  #entry(index: number): AsnEntry {
    const { asns, nameOffsets, names } = this.#parts
    const name = this.#decoder.decode(names.subarray(nameOffsets[index]!, nameOffsets[index + 1]!))
    return { asn: asns[index]!, name }
  }
}

/** The largest index for which `holds`, −1 where there is none; `holds` is true up to it and false after. */
function lastNotAfter(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low - 1
}

function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>>
    0
  )
}

function compareWords(table: Uint32Array, offset: number, words: readonly number[]): number {
  for (let i = 0; i < 4; i++) {
    const difference = table[offset + i]! - words[i]!
    if (difference !== 0) return difference
  }
  return 0
}

/** Header (magic, version, source, checksum, byte lengths), then the parts. Words are of this machine's byte order. */
export function serializeAsnTable(parts: AsnTableParts, source: number): Buffer {
  const bodies = partNames.map((name) => {
    const part = parts[name]
    return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
  })
  // Names last: all others are whole words, so every part is aligned.
  const body = Buffer.concat(bodies)
  const header = new Uint32Array([
    magic,
    formatVersion,
    source,
    crc32(body),
    ...bodies.map((part) => part.length),
  ])
  return Buffer.concat([Buffer.from(header.buffer), body])
}

/** The parts of a file that {@link serializeAsnTable} wrote from this source; undefined for any other. */
export function deserializeAsnTable(file: Buffer, source: number): AsnTableParts | undefined {
  // An ArrayBuffer of its own, so that words are aligned.
  const bytes = new Uint8Array(file)
  if (bytes.length < headerWords * 4) return undefined
  const header = new Uint32Array(bytes.buffer, 0, headerWords)
  if (header[0] !== magic || header[1] !== formatVersion || header[2] !== source) return undefined
  const lengths = [...header.subarray(4)]
  const total = lengths.reduce((sum, length) => sum + length, headerWords * 4)
  if (total !== bytes.length || crc32(bytes.subarray(headerWords * 4)) !== header[3]) return undefined
  let offset = headerWords * 4
  const parts = partNames.map((name, i) => {
    const length = lengths[i]!
    const part =
      name === "names"
        ? new Uint8Array(bytes.buffer, offset, length)
        : new Uint32Array(bytes.buffer, offset, length / 4)
    offset += length
    return [name, part]
  })
  return Object.fromEntries(parts) as AsnTableParts
}

/**
 * The CSV files of @ip-location-db/asn → an {@link AsnTableParts}: `first,last,asn,"name"` a line,
 * IPv4 addresses as numbers, IPv6 as text, sorted. Half a million lines are read as bytes, because a
 * hub waits for them when it starts for the first time. A line that is not understood is left out.
 */
import type { AsnTableParts } from "./asn-table.ts"

const newline = 0x0a
const comma = 0x2c
const colon = 0x3a
const quote = 0x22

export function compileAsnTable(v4Csv: Uint8Array, v6Csv: Uint8Array): AsnTableParts {
  const systems = new Systems()
  const v4 = readRanges(v4Csv, 1, readIpv4Number, systems)
  const v6 = readRanges(v6Csv, 4, readIpv6Text, systems)
  return {
    v4First: v4.first,
    v4Last: v4.last,
    v4As: v4.as,
    v6First: v6.first,
    v6Last: v6.last,
    v6As: v6.as,
    ...systems.arrays(),
  }
}

/** Reads the address between two offsets into `words`; `false` where it is none. */
type ReadAddress = (csv: Uint8Array, start: number, end: number, words: Uint32Array, at: number) => boolean

function readRanges(csv: Uint8Array, wordsEach: number, readAddress: ReadAddress, systems: Systems) {
  const maxRanges = countLines(csv)
  const first = new Uint32Array(maxRanges * wordsEach)
  const last = new Uint32Array(maxRanges * wordsEach)
  const as = new Uint32Array(maxRanges)
  const asn = new Uint32Array(1)
  let count = 0
  for (let start = 0; start < csv.length; ) {
    const end = endOf(csv, newline, start, csv.length)
    const comma1 = endOf(csv, comma, start, end)
    const comma2 = endOf(csv, comma, comma1 + 1, end)
    const comma3 = endOf(csv, comma, comma2 + 1, end)
    if (
      comma3 < end &&
      readAddress(csv, start, comma1, first, count * wordsEach) &&
      readAddress(csv, comma1 + 1, comma2, last, count * wordsEach) &&
      readIpv4Number(csv, comma2 + 1, comma3, asn, 0) &&
      asn[0] !== 0
    ) {
      as[count] = systems.indexOf(asn[0]!, csv, comma3 + 1, end)
      count++
    }
    start = end + 1
  }
  return {
    first: first.slice(0, count * wordsEach),
    last: last.slice(0, count * wordsEach),
    as: as.slice(0, count),
  }
}

function countLines(csv: Uint8Array): number {
  let lines = 1
  for (let at = csv.indexOf(newline); at >= 0; at = csv.indexOf(newline, at + 1)) lines++
  return lines
}

/** Where `byte` is next, `end` where it is not. */
function endOf(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === byte) return i
  return end
}

function readIpv4Number(
  csv: Uint8Array,
  start: number,
  end: number,
  words: Uint32Array,
  at: number,
): boolean {
  if (end <= start || end - start > 10) return false
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = csv[i]! - 0x30
    if (digit < 0 || digit > 9) return false
    value = value * 10 + digit
  }
  if (value > 0xffff_ffff) return false
  words[at] = value
  return true
}

const groups = new Uint16Array(8)

/** RFC 4291 §2.2, forms 1 and 2. */
function readIpv6Text(csv: Uint8Array, start: number, end: number, words: Uint32Array, at: number): boolean {
  let count = 0
  let gapAt = -1
  for (let i = start; i < end; ) {
    if (csv[i] === colon) {
      // Two colons: the gap. One: between groups, which is skipped below.
      if (csv[i + 1] !== colon || gapAt >= 0) return false
      gapAt = count
      i += 2
      continue
    }
    let value = 0
    let digits = 0
    for (; i < end && csv[i] !== colon; i++) {
      const digit = hexDigit(csv[i]!)
      if (digit < 0 || ++digits > 4) return false
      value = value * 16 + digit
    }
    if (count >= 8) return false
    groups[count++] = value
    if (i < end && csv[i + 1] !== colon) i++
  }
  if (gapAt < 0 ? count !== 8 : count > 7) return false
  if (gapAt >= 0) {
    const tail = count - gapAt
    groups.copyWithin(8 - tail, gapAt, count)
    groups.fill(0, gapAt, 8 - tail)
  }
  for (let i = 0; i < 4; i++) words[at + i] = ((groups[i * 2]! << 16) | groups[i * 2 + 1]!) >>> 0
  return true
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** Each autonomous system once, under the first name it came with. */
class Systems {
  readonly #indexes = new Map<number, number>()
  readonly #names: Buffer[] = []

  indexOf(asn: number, csv: Uint8Array, nameStart: number, nameEnd: number): number {
    const known = this.#indexes.get(asn)
    if (known !== undefined) return known
    const index = this.#names.length
    this.#indexes.set(asn, index)
    this.#names.push(unquote(csv.subarray(nameStart, nameEnd)))
    return index
  }

  arrays(): Pick<AsnTableParts, "asns" | "nameOffsets" | "names"> {
    const nameOffsets = new Uint32Array(this.#names.length + 1)
    this.#names.forEach((name, i) => {
      nameOffsets[i + 1] = nameOffsets[i]! + name.length
    })
    return { asns: Uint32Array.from(this.#indexes.keys()), nameOffsets, names: Buffer.concat(this.#names) }
  }
}

function unquote(field: Uint8Array): Buffer {
  const text = Buffer.from(field).toString("utf8").trim()
  const quoted = field[0] === quote && text.length >= 2 && text.endsWith('"')
  return Buffer.from(quoted ? text.slice(1, -1).replaceAll('""', '"') : text)
}

/** DNS messages (RFC 1035 §4) with EDNS (RFC 6891): bytes to values and back. */
export interface Question {
  /** Labels as bytes in Latin-1, case kept; the root is `[]`. */
  readonly name: readonly string[]
  readonly type: number
  readonly class: number
}

export interface ResourceRecord extends Question {
  /** For OPT the extended flags. */
  readonly ttl: number
  /** Wire form; names within are not compressed. */
  readonly data: Uint8Array
}

export interface DnsMessage {
  readonly id: number
  /** The 16 bits behind the id. */
  readonly flags: number
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
}

export const headerBytes = 12
export const maxNameBytes = 255
export const maxLabelBytes = 63

/** Reads from `offset`; names by value, pointers must lead backwards so that no loop is possible. */
export class DnsReader {
  readonly #bytes: Uint8Array
  offset: number

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.offset = offset
  }

  get left(): number {
    return this.#bytes.length - this.offset
  }

  u16(): number | undefined {
    if (this.left < 2) return undefined
    const value = (this.#bytes[this.offset]! << 8) | this.#bytes[this.offset + 1]!
    this.offset += 2
    return value
  }

  name(): string[] | undefined {
    const labels: string[] = []
    let at = this.offset
    let total = 1
    let lowest = this.offset
    let jumped = false
    for (;;) {
      const length = this.#bytes[at]
      if (length === undefined) return undefined
      if (length === 0) {
        if (!jumped) this.offset = at + 1
        return labels
      }
      if ((length & 0xc0) === 0xc0) {
        const low = this.#bytes[at + 1]
        if (low === undefined) return undefined
        const target = ((length & 0x3f) << 8) | low
        if (target >= lowest) return undefined
        if (!jumped) this.offset = at + 2
        jumped = true
        lowest = target
        at = target
        continue
      }
      total += length + 1
      if ((length & 0xc0) !== 0 || total > maxNameBytes || at + 1 + length > this.#bytes.length)
        return undefined
      let label = ""
      for (let i = 1; i <= length; i++) label += String.fromCharCode(this.#bytes[at + i]!)
      labels.push(label)
      at += length + 1
    }
  }

  question(): Question | undefined {
    const name = this.name()
    const type = this.u16()
    const cls = this.u16()
    return name === undefined || type === undefined || cls === undefined
      ? undefined
      : { name, type, class: cls }
  }

  record(): ResourceRecord | undefined {
    const question = this.question()
    const high = this.u16()
    const low = this.u16()
    const length = this.u16()
    if (question === undefined || high === undefined || low === undefined || length === undefined)
      return undefined
    if (this.left < length) return undefined
    const data = new Uint8Array(this.#bytes.subarray(this.offset, this.offset + length))
    this.offset += length
    return { ...question, ttl: high * 65_536 + low, data }
  }
}

/** A whole message; `undefined` where it is malformed. What stands behind it is ignored. */
export function decodeMessage(bytes: Uint8Array): DnsMessage | undefined {
  const reader = new DnsReader(bytes)
  const header = Array.from({ length: 6 }, () => reader.u16())
  if (header.includes(undefined)) return undefined
  const [id, flags, qd, an, ns, ar] = header as [number, number, number, number, number, number]
  const questions: Question[] = []
  for (let i = 0; i < qd; i++) {
    const question = reader.question()
    if (question === undefined) return undefined
    questions.push(question)
  }
  const sections: ResourceRecord[][] = [[], [], []]
  for (const [index, count] of [an, ns, ar].entries()) {
    for (let i = 0; i < count; i++) {
      const record = reader.record()
      if (record === undefined) return undefined
      sections[index]!.push(record)
    }
  }
  return { id, flags, questions, answers: sections[0]!, authorities: sections[1]!, additionals: sections[2]! }
}

/** Types whose data holds names that may be compressed (RFC 1035 §3.3), by the bytes before the first name and the number of names. */
const compressible: Readonly<Record<number, readonly [before: number, names: number]>> = {
  2: [0, 1],
  5: [0, 1],
  6: [0, 2],
  12: [0, 1],
  15: [2, 1],
}

/** Writes a message, names compressed where a name or its end stood before, case included, as bind9 does. */
export function encodeMessage(message: DnsMessage): Uint8Array {
  const out: number[] = []
  const known = new Map<string, number>()
  const u16 = (value: number) => void out.push((value >>> 8) & 0xff, value & 0xff)
  const name = (labels: readonly string[], compress: boolean) => {
    for (let i = 0; i < labels.length; i++) {
      const key = JSON.stringify(labels.slice(i))
      const at = known.get(key)
      if (at !== undefined && compress) return u16(0xc000 | at)
      if (out.length < 0x4000 && at === undefined) known.set(key, out.length)
      const label = labels[i]!
      out.push(label.length)
      for (let j = 0; j < label.length; j++) out.push(label.charCodeAt(j) & 0xff)
    }
    out.push(0)
  }
  const record = (it: ResourceRecord) => {
    name(it.name, true)
    u16(it.type)
    u16(it.class)
    u16(Math.floor(it.ttl / 65_536))
    u16(it.ttl & 0xffff)
    const lengthAt = out.length
    u16(0)
    writeData(it)
    const length = out.length - lengthAt - 2
    out[lengthAt] = length >>> 8
    out[lengthAt + 1] = length & 0xff
  }
  const writeData = (it: ResourceRecord) => {
    const shape = compressible[it.type]
    const reader = shape === undefined ? undefined : new DnsReader(it.data, shape[0])
    const names = reader === undefined ? [] : Array.from({ length: shape![1] }, () => reader.name())
    if (reader === undefined || names.includes(undefined)) return void out.push(...it.data)
    out.push(...it.data.subarray(0, shape![0]))
    for (const labels of names) name(labels!, true)
    out.push(...it.data.subarray(reader.offset))
  }
  for (const value of [message.id, message.flags]) u16(value)
  const { questions, answers, authorities, additionals } = message
  for (const list of [questions, answers, authorities, additionals]) u16(list.length)
  for (const question of questions) {
    name(question.name, true)
    u16(question.type)
    u16(question.class)
  }
  for (const list of [answers, authorities, additionals]) for (const it of list) record(it)
  return Uint8Array.from(out)
}

/** Wire form of a name, uncompressed. */
export function nameBytes(labels: readonly string[]): Uint8Array {
  const out: number[] = []
  for (const label of labels)
    out.push(label.length, ...Array.from(label, (character) => character.charCodeAt(0) & 0xff))
  out.push(0)
  return Uint8Array.from(out)
}

/** `example.com.` as labels. */
export function labelsOf(text: string): string[] {
  return text.split(".").filter((label) => label !== "")
}

/** Labels as text: dots and backslashes within a label escaped, other bytes as `\DDD` (RFC 1035 §5.1). */
export function textOfName(labels: readonly string[]): string {
  if (labels.length === 0) return "."
  return labels
    .map((label) =>
      Array.from(label, (character) => {
        const code = character.charCodeAt(0)
        if (character === "." || character === "\\") return `\\${character}`
        return code <= 0x20 || code > 0x7e ? `\\${String(code).padStart(3, "0")}` : character
      }).join(""),
    )
    .join(".")
}

/** Request lines and header fields (RFC 9112 §3, §5), with the limits and the strictness of Apache 2.4. */
export interface RequestHead {
  readonly method: string
  /** As received. */
  readonly target: string
  /** `0.9`, `1.0`, `1.1`, or what a client claims of HTTP/1 and above. */
  readonly version: string
  /** Names in lower case; values of a repeated field joined by `, `. */
  readonly fields: ReadonlyMap<string, string>
  /** How often each field came. */
  readonly counts: ReadonlyMap<string, number>
}

/** LimitRequestLine and LimitRequestFieldSize, with the two bytes of a line end. */
export const maxLineBytes = 8_192
/** LimitRequestFields. */
export const maxFields = 100
/** Empty lines that are skipped before a request. */
export const maxBlankLines = 10

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const targetPattern = /^[\x21-\x7e\x80-\xff]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

export interface RequestLine {
  readonly method: string
  readonly target: string
  readonly version: string
}

/** `undefined` where Apache answers 400. */
export function parseRequestLine(line: string): RequestLine | undefined {
  const parts = line.split(" ")
  const [method = "", target = "", protocol] = parts
  if (parts.length > 3 || !token.test(method) || !targetPattern.test(target)) return undefined
  if (protocol === undefined) return method === "GET" ? { method, target, version: "0.9" } : undefined
  const version = /^HTTP\/([1-9])\.([0-9])$/.exec(protocol)
  if (version === null) return undefined
  return { method, target, version: `${version[1]}.${version[2]}` }
}

/** Collects header fields of one request. */
export class FieldCollector {
  readonly fields = new Map<string, string>()
  readonly counts = new Map<string, number>()
  #name = ""
  #value = ""
  #lines = 0

  /** One line without its end. `false` where Apache answers 400. */
  add(line: string): boolean | "too many" {
    if (line.startsWith(" ") || line.startsWith("\t")) {
      // obs-fold (RFC 9112 §5.2)
      if (this.#name === "" || !fieldValue.test(line)) return false
      this.#value += ` ${line.trim()}`
      return this.#value.length <= maxLineBytes
    }
    this.#close()
    if (++this.#lines > maxFields) return "too many"
    const colon = line.indexOf(":")
    if (colon <= 0) return false
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    if (!token.test(name) || !fieldValue.test(value)) return false
    this.#name = name.toLowerCase()
    this.#value = value
    return true
  }

  finish(): void {
    this.#close()
  }

  #close(): void {
    if (this.#name === "") return
    const known = this.fields.get(this.#name)
    this.fields.set(this.#name, known === undefined ? this.#value : `${known}, ${this.#value}`)
    this.counts.set(this.#name, (this.counts.get(this.#name) ?? 0) + 1)
    this.#name = ""
    this.#value = ""
  }
}

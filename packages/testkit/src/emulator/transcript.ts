/**
 * Transcripts: small readable text files beside each emulator.
 *
 * ```
 * # Comments. How it was recorded goes here.
 * options: {"message": "hello"}
 * transport: tcp
 *
 * > client bytes\r\n
 * < expected server bytes\r\n
 * ! username=root password=hunter2
 * wait 3000
 * secured
 * end
 * closed
 * ```
 *
 * Bytes: `\r \n \t \0 \e \\ \xNN`; in expected bytes also `\{N}`, any N bytes. Lines of the same
 * kind that follow each other are one piece; a UDP answer is one datagram per piece; `<` of UDP ends
 * a datagram. `!` is one INFO event, its values quoted as JSON where they hold spaces. `end`: the
 * client closes. `closed`: the server has ended the session.
 */
export type TranscriptStep =
  | { readonly kind: "client"; readonly bytes: Uint8Array; readonly line: number }
  | { readonly kind: "server"; readonly expected: Expected; readonly line: number }
  | { readonly kind: "info"; readonly attributes: Readonly<Record<string, string>>; readonly line: number }
  | { readonly kind: "wait"; readonly ms: number; readonly line: number }
  | { readonly kind: "secured" | "end" | "closed"; readonly line: number }

/** Bytes with gaps: `-1` stands for any byte. */
export type Expected = readonly number[]

export interface Transcript {
  readonly name: string
  readonly options: unknown
  readonly transport: "tcp" | "udp"
  readonly steps: readonly TranscriptStep[]
}

/** @throws Error naming file and line where the text is no transcript. */
export function parseTranscript(name: string, text: string): Transcript {
  let options: unknown = {}
  let transport: "tcp" | "udp" = "tcp"
  const steps: TranscriptStep[] = []
  const lines = text.split("\n")
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    const at = index + 1
    const fail = (reason: string) => new Error(`${name}:${at}: ${reason}: ${line}`)
    if (line.trim() === "" || line.startsWith("#")) continue
    if (line.startsWith("options:")) options = JSON.parse(line.slice(8))
    else if (line.startsWith("transport:")) transport = parseTransport(line.slice(10).trim(), fail)
    else if (line.startsWith("> ")) addClient(steps, parseBytes(line.slice(2), fail), at)
    else if (line.startsWith("< ")) addServer(steps, parseBytes(line.slice(2), fail), at)
    else if (line.startsWith("! ")) {
      steps.push({ kind: "info", attributes: parseAttributes(line.slice(2), fail), line: at })
    } else if (/^wait \d+$/.test(line)) steps.push({ kind: "wait", ms: Number(line.slice(5)), line: at })
    else if (line === "secured" || line === "end" || line === "closed") steps.push({ kind: line, line: at })
    else throw fail("not a step")
  }
  return { name, options, transport, steps }
}

/** The client's bytes, piece by piece. */
export function clientPieces(transcript: Transcript): Uint8Array[] {
  return transcript.steps.flatMap((step) => (step.kind === "client" ? [step.bytes] : []))
}

/** Sum of the waits. */
export function totalWaitMs(transcript: Transcript): number {
  return transcript.steps.reduce((sum, step) => sum + (step.kind === "wait" ? step.ms : 0), 0)
}

function parseTransport(text: string, fail: (reason: string) => Error): "tcp" | "udp" {
  if (text !== "tcp" && text !== "udp") throw fail("expected tcp or udp")
  return text
}

function addClient(steps: TranscriptStep[], bytes: Expected, line: number): void {
  const last = steps.at(-1)
  const known = last?.kind === "client" ? last : undefined
  if (known !== undefined) steps.pop()
  steps.push({
    kind: "client",
    bytes: Uint8Array.from([...(known?.bytes ?? []), ...bytes]),
    line: known?.line ?? line,
  })
}

function addServer(steps: TranscriptStep[], expected: Expected, line: number): void {
  const last = steps.at(-1)
  const known = last?.kind === "server" ? last : undefined
  if (known !== undefined) steps.pop()
  steps.push({
    kind: "server",
    expected: [...(known?.expected ?? []), ...expected],
    line: known?.line ?? line,
  })
}

const simpleEscapes: Readonly<Record<string, number>> = { r: 13, n: 10, t: 9, "0": 0, e: 27, "\\": 92 }

function parseBytes(text: string, fail: (reason: string) => Error): number[] {
  const bytes: number[] = []
  for (let i = 0; i < text.length; ) {
    const character = text[i]!
    if (character !== "\\") {
      const point = text.codePointAt(i)!
      bytes.push(...new TextEncoder().encode(String.fromCodePoint(point)))
      i += point > 0xffff ? 2 : 1
      continue
    }
    const next = text[i + 1] ?? ""
    const simple = simpleEscapes[next]
    const rest = text.slice(i)
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(rest)
    const gap = /^\\\{(\d+)\}/.exec(rest)
    if (simple !== undefined) {
      bytes.push(simple)
      i += 2
    } else if (hex !== null) {
      bytes.push(Number.parseInt(hex[1]!, 16))
      i += 4
    } else if (gap !== null) {
      for (let count = Number(gap[1]); count > 0; count--) bytes.push(-1)
      i += gap[0].length
    } else throw fail(`unknown escape \\${next}`)
  }
  return bytes
}

function parseAttributes(text: string, fail: (reason: string) => Error): Record<string, string> {
  const attributes: Record<string, string> = {}
  const pattern = /([a-zA-Z0-9]+)=("(?:[^"\\]|\\.)*"|\S*)\s*/y
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (match === null) throw fail("expected name=value pairs")
    const value = match[2]!
    attributes[match[1]!] = value.startsWith('"') ? (JSON.parse(value) as string) : value
  }
  return attributes
}

/** Whether `bytes` from `offset` on begin with what is expected. */
export function matchesAt(bytes: Uint8Array, offset: number, expected: Expected): boolean {
  if (bytes.length - offset < expected.length) return false
  return expected.every((byte, index) => byte < 0 || byte === bytes[offset + index])
}

/** Bytes written as in a transcript, for messages. */
export function showBytes(bytes: Iterable<number>): string {
  let text = ""
  for (const byte of bytes) {
    if (byte < 0) text += "\\{1}"
    else if (byte === 13) text += "\\r"
    else if (byte === 10) text += "\\n"
    else if (byte === 92) text += "\\\\"
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte)
    else text += `\\x${byte.toString(16).padStart(2, "0")}`
  }
  return text
}

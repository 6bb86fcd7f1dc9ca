/** A file as Apache's default handler answers it: validators, conditions (RFC 9110 §13), ranges (§14), compression. */
import { crc32, deflateRawSync } from "node:zlib"
import { bytesFromText, concatBytes, emptyBytes } from "@propolis/core"
import { errorResponse, httpDate, type Response } from "./response.ts"
import type { Page } from "./site.ts"

export interface FileRequest {
  readonly fields: ReadonlyMap<string, string>
  /** GET and HEAD, to which conditions and ranges apply. */
  readonly safe: boolean
  readonly signature: string
}

type Fields = readonly (readonly [string, string])[]

/** `"size-mtime"` in hexadecimal, the time in microseconds: FileETag MTime Size. */
export function fileTag(page: Page): string {
  return `"${page.body.length.toString(16)}-${((page.modifiedMs ?? 0) * 1_000).toString(16)}"`
}

export function answerFile(page: Page, request: FileRequest): Response {
  const modifiedMs = page.modifiedMs ?? 0
  const tag = fileTag(page)
  const compressible = page.contentType.startsWith("text/html") || page.contentType === "text/css"
  const validators: Fields = [
    ["Last-Modified", httpDate(modifiedMs)],
    ["ETag", tag],
    ["Accept-Ranges", "bytes"],
  ]
  const vary: Fields = compressible ? [["Vary", "Accept-Encoding"]] : []
  const { fields } = request
  const ifMatch = fields.get("if-match")
  if (ifMatch !== undefined && !lists(ifMatch, tag)) {
    return {
      status: 412,
      reason: "Precondition Failed",
      fields: validators,
      body: emptyBytes,
      contentType: page.contentType,
      framing: "length",
    }
  }
  if (request.safe && notModified(fields, tag, modifiedMs)) {
    return { status: 304, reason: "Not Modified", fields: validators, body: emptyBytes, framing: "none" }
  }
  const range = request.safe ? wantedRanges(fields, page.body.length, tag) : undefined
  if (range === "unsatisfiable") return errorResponse(416, request.signature, { framing: "chunked" })
  if (range !== undefined && range.length === 1) {
    const [from, to] = range[0]!
    return {
      status: 206,
      reason: "Partial Content",
      fields: validators,
      body: page.body.subarray(from, to + 1),
      lateFields: [...vary, ["Content-Range", `bytes ${from}-${to}/${page.body.length}`]],
      contentType: page.contentType,
      framing: "length",
    }
  }
  if (range !== undefined) return manyRanges(page, range, validators, tag)
  const plain: Response = {
    status: 200,
    reason: "OK",
    fields: validators,
    body: page.body,
    lateFields: vary,
    contentType: page.contentType,
    framing: "length",
  }
  return compressible ? compressed(plain, fields) : plain
}

/** mod_deflate: the same answer compressed, where the client takes gzip. */
export function compressed(response: Response, fields: ReadonlyMap<string, string>): Response {
  const accepted = fields.get("accept-encoding") ?? ""
  if (
    !/(?:^|[,\s])(?:x-)?gzip\s*(?:$|,|;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))/i.test(accepted) ||
    response.body.length === 0
  )
    return response
  const tagged = response.fields.map(([name, value]): readonly [string, string] =>
    name === "ETag" ? [name, `${value.slice(0, -1)}-gzip"`] : [name, value],
  )
  return {
    ...response,
    fields: [...tagged, ["Vary", "Accept-Encoding"], ["Content-Encoding", "gzip"]],
    lateFields: [],
    body: gzip(response.body),
  }
}

/** RFC 1952, with the header that mod_deflate writes. */
function gzip(bytes: Uint8Array): Uint8Array {
  const trailer = new Uint8Array(8)
  const view = new DataView(trailer.buffer)
  view.setUint32(0, crc32(bytes), true)
  view.setUint32(4, bytes.length, true)
  const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3)
  return concatBytes([header, deflateRawSync(bytes, { memLevel: 9 }), trailer])
}

function lists(field: string, tag: string): boolean {
  return field.split(",").some((entry) => {
    const text = entry.trim().replace(/^W\//, "")
    return text === "*" || text === tag || text === `${tag.slice(0, -1)}-gzip"`
  })
}

function notModified(fields: ReadonlyMap<string, string>, tag: string, modifiedMs: number): boolean {
  const ifNoneMatch = fields.get("if-none-match")
  if (ifNoneMatch !== undefined) return lists(ifNoneMatch, tag)
  const since = Date.parse(fields.get("if-modified-since") ?? "")
  return !Number.isNaN(since) && since >= modifiedMs
}

type ByteRange = readonly [from: number, to: number]
const maxRanges = 20

function wantedRanges(
  fields: ReadonlyMap<string, string>,
  size: number,
  tag: string,
): readonly ByteRange[] | "unsatisfiable" | undefined {
  const match = /^bytes=([\d\s,-]{1,400})$/i.exec(fields.get("range") ?? "")
  const ifRange = fields.get("if-range")
  if (match === null || (ifRange !== undefined && ifRange !== tag)) return undefined
  const ranges: ByteRange[] = []
  for (const part of match[1]!.split(",", maxRanges + 1)) {
    const numbers = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(part)
    if (numbers === null || (numbers[1] === "" && numbers[2] === "")) return undefined
    const from = numbers[1] === "" ? Math.max(0, size - Number(numbers[2])) : Number(numbers[1])
    const to = numbers[1] === "" || numbers[2] === "" ? size - 1 : Math.min(size - 1, Number(numbers[2]))
    if (from <= to) ranges.push([from, to])
  }
  // More or larger ranges than the file are an attack (CVE-2011-3192): the file itself is the answer.
  if (ranges.length > maxRanges || ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0) > size)
    return undefined
  return ranges.length === 0 ? "unsatisfiable" : ranges
}

function manyRanges(page: Page, ranges: readonly ByteRange[], validators: Fields, tag: string): Response {
  const boundary = crc32(bytesFromText(tag)).toString(16).padStart(16, "7")
  const parts = ranges.flatMap(([from, to]) => [
    bytesFromText(
      `\r\n--${boundary}\r\nContent-type: ${page.contentType}\r\nContent-range: bytes ${from}-${to}/${page.body.length}\r\n\r\n`,
    ),
    page.body.subarray(from, to + 1),
  ])
  return {
    status: 206,
    reason: "Partial Content",
    fields: validators,
    body: concatBytes([...parts, bytesFromText(`\r\n--${boundary}--\r\n`)]),
    contentType: `multipart/byteranges; boundary=${boundary}`,
    framing: "length",
  }
}

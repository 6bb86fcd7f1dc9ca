import { bytesFromText, concatBytes, emptyBytes } from "@propolis/core"
import { errorDocument, errorTexts } from "./apache-errors.ts"

/** What is answered, before it is written: fields in Apache's order, around those of length and connection. */
export interface Response {
  readonly status: number
  readonly reason: string
  /** Behind Date and Server. */
  readonly fields: readonly (readonly [string, string])[]
  readonly body: Uint8Array
  /** Between Content-Length and Connection. */
  readonly lateFields?: readonly (readonly [string, string])[]
  readonly contentType?: string
  /** `length`: Content-Length. `close`: the connection's end ends the body. `chunked`: one chunk. `none`: no body at all. */
  readonly framing: "length" | "close" | "chunked" | "none"
  readonly closes?: boolean
}

export interface ResponseContext {
  /** Unix milliseconds. */
  readonly nowMs: number
  readonly server: string
  readonly head: boolean
  /** HTTP/0.9: the body alone. */
  readonly simple: boolean
  readonly connection: readonly (readonly [string, string])[]
}

/** RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function httpDate(unixMs: number): string {
  return new Date(unixMs).toUTCString()
}

export function writeResponse(response: Response, context: ResponseContext): Uint8Array {
  if (context.simple) return response.body
  const lines = [
    `HTTP/1.1 ${response.status} ${response.reason}`,
    `Date: ${httpDate(context.nowMs)}`,
    `Server: ${context.server}`,
  ]
  const add = (fields: readonly (readonly [string, string])[]) => {
    for (const [name, value] of fields) lines.push(`${name}: ${value}`)
  }
  add(response.fields)
  const errorToHead = context.head && response.status >= 400
  if (response.framing === "length" && !errorToHead) lines.push(`Content-Length: ${response.body.length}`)
  add(response.lateFields ?? [])
  add(context.connection)
  if (response.framing === "chunked") lines.push("Transfer-Encoding: chunked")
  if (response.contentType !== undefined) lines.push(`Content-Type: ${response.contentType}`)
  const head = bytesFromText(`${lines.join("\r\n")}\r\n\r\n`)
  if (context.head || response.body.length === 0) return head
  if (response.framing !== "chunked") return concatBytes([head, response.body])
  const size = bytesFromText(`${response.body.length.toString(16)}\r\n`)
  return concatBytes([head, size, response.body, bytesFromText("\r\n0\r\n\r\n")])
}

/** An error document. */
export function errorResponse(
  status: number,
  signature: string,
  more: Partial<Response> & { readonly detail?: string } = {},
): Response {
  const { detail, ...changes } = more
  return {
    status,
    reason: errorTexts(status, detail).reason,
    fields: [],
    body: bytesFromText(errorDocument(status, detail ?? "", signature)),
    contentType: "text/html; charset=iso-8859-1",
    framing: "length",
    ...changes,
  }
}

export function emptyResponse(fields: Response["fields"], contentType?: string): Response {
  return {
    status: 200,
    reason: "OK",
    fields,
    body: emptyBytes,
    framing: "length",
    ...(contentType === undefined ? {} : { contentType }),
  }
}

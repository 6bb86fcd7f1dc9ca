import { type Connection, defineEmulator, emptyBytes, type SessionHandlers, type Timer } from "@propolis/core"
import { z } from "zod"
import { createApache } from "./apache.ts"
import { type BodyReader, maxBodyBytes, readByLength, readChunked } from "./body-reader.ts"
import {
  FieldCollector,
  maxBlankLines,
  maxLineBytes,
  parseRequestLine,
  type RequestLine,
} from "./request-head.ts"
import { errorResponse, type Response, writeResponse } from "./response.ts"
import { buildSite, type Site } from "./site.ts"

const options = z.strictObject({
  keepAliveMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(5_000)
    .describe("Milliseconds an idle connection stays open between requests (KeepAliveTimeout)."),
  maxRequests: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe("Requests of one connection (MaxKeepAliveRequests)."),
  requestMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(20_000)
    .describe("Milliseconds a request's head, and each part of its body, may take before 408."),
  maxKeptBodyBytes: z
    .int()
    .min(1_024)
    .max(16_777_216)
    .default(1_048_576)
    .describe(
      "Bytes of a request's body that are kept to be understood and captured; the rest is read and dropped.",
    ),
})
type Options = z.infer<typeof options>

/** A web server: Apache 2.4 on Debian with a persona's small site. */
export const http = defineEmulator({
  name: "http",
  title: "HTTP (Apache)",
  interaction: "medium",
  transports: { tcp: 80 },
  alpn: ["http/1.1"],
  options,
  open: (connection, opened) => openHttp(connection, opened),
})

const sites = new WeakMap<object, Site>()
const CR = 13
const LF = 10

type State = "line" | "fields" | "body" | "over"

function openHttp(connection: Connection, options: Options): SessionHandlers {
  const { persona } = connection
  let site = sites.get(persona)
  if (site === undefined) {
    site = buildSite(persona)
    sites.set(persona, site)
  }
  const apache = createApache(persona, site)
  let state: State = "line"
  let line = new Uint8Array(256)
  let lineLength = 0
  let blankLines = 0
  let requests = 0
  let requestLine: RequestLine | undefined
  let collector = new FieldCollector()
  let body: BodyReader | undefined
  let closeAfter = false
  let timer: Timer | undefined

  const arm = (ms: number, run: () => void) => {
    timer?.cancel()
    timer = connection.after(ms, run)
  }
  const finish = () => {
    timer?.cancel()
    state = "over"
    connection.end()
  }
  /** Keep-Alive and Connection, as Apache's ap_set_keepalive decides. */
  const connectionFields = (close: boolean): [string, string][] => {
    if (close) return [["Connection", "close"]]
    const wanted = collector.fields.get("connection") ?? ""
    if (!/\bkeep-alive\b/i.test(wanted)) return []
    const left = options.maxRequests - requests + 1
    return [
      ["Keep-Alive", `timeout=${Math.round(options.keepAliveMs / 1_000)}, max=${left}`],
      ["Connection", "Keep-Alive"],
    ]
  }
  const send = (response: Response, close: boolean) => {
    connection.send(
      writeResponse(response, {
        nowMs: connection.now(),
        server: apache.server,
        head: requestLine?.method === "HEAD",
        simple: requestLine?.version === "0.9",
        connection: connectionFields(close),
      }),
    )
    if (close) finish()
  }
  const recordFailure = (status: number) => {
    const { method, target, version } = requestLine ?? {}
    connection.record({
      ...(method === undefined ? {} : { httpMethod: method }),
      ...(target === undefined ? {} : { url: target }),
      ...(version === undefined ? {} : { httpVersion: version }),
      httpStatus: String(status),
    })
  }
  /** Errors before the request is understood are signed with the server's own name. */
  const refuse = (
    status: number,
    more: { detail?: string; named?: boolean; framing?: Response["framing"] } = {},
  ) => {
    recordFailure(status)
    const host = more.named ? /^([^:]+)(?::(\d+))?$/.exec(collector.fields.get("host") ?? "") : null
    const signature = apache.signature(
      host?.[1]?.toLowerCase(),
      host?.[2] ? Number(host[2]) : undefined,
      connection.secure,
    )
    send(
      errorResponse(status, signature, {
        detail: more.detail ?? "",
        ...(more.framing ? { framing: more.framing } : {}),
      }),
      true,
    )
  }
  const timedOut = () => refuse(408, { named: state === "body" })

  const takeLine = (text: string, strict: boolean) => {
    if (state === "line") {
      if (text === "") {
        if (++blankLines > maxBlankLines) refuse(400)
        return
      }
      requestLine = strict ? parseRequestLine(text) : undefined
      if (requestLine === undefined) return refuse(400)
      requests++
      collector = new FieldCollector()
      state = "fields"
      if (requestLine.version === "0.9") complete(emptyBytes)
      return
    }
    if (!strict) return refuse(400)
    if (text === "") {
      collector.finish()
      return beginBody()
    }
    const taken = collector.add(text)
    if (taken === "too many")
      refuse(400, { detail: "The number of request header fields exceeds this server's limit." })
    else if (!taken) refuse(400)
  }
  const beginBody = () => {
    const { fields, counts } = collector
    const coding = fields.get("transfer-encoding")
    const length = fields.get("content-length")
    closeAfter = false
    body = undefined
    if (coding !== undefined) {
      if (!/(?:^|[,\s])chunked\s*$/i.test(coding)) return refuse(400)
      // Both framings at once is how requests are smuggled: chunks win, and the connection ends (RFC 9112 §6.1).
      closeAfter = length !== undefined
      body = readChunked(options.maxKeptBodyBytes)
    } else if (length !== undefined) {
      if ((counts.get("content-length") ?? 0) > 1 || !/^\d{1,18}$/.test(length)) return refuse(400)
      const bytes = Number(length)
      if (bytes > maxBodyBytes)
        return refuse(413, { detail: requestLine!.method, named: true, framing: "close" })
      if (bytes > 0) body = readByLength(bytes, options.maxKeptBodyBytes)
    }
    if (body === undefined) return complete(emptyBytes)
    state = "body"
    arm(options.requestMs, timedOut)
    if (/^100-continue$/i.test(fields.get("expect") ?? "") && requestLine!.version >= "1.1") {
      connection.send("HTTP/1.1 100 Continue\r\n\r\n")
    }
  }
  const complete = (kept: Uint8Array) => {
    timer?.cancel()
    const { fields, counts } = collector
    const { version } = requestLine!
    const answer = apache.answer({ ...requestLine!, fields, counts, body: kept }, connection.secure)
    connection.record(answer.attributes)
    for (const upload of answer.uploads) connection.capture(upload.filename, upload.bytes)
    const wanted = fields.get("connection") ?? ""
    const persistent = version >= "1.1" ? !/\bclose\b/i.test(wanted) : /\bkeep-alive\b/i.test(wanted)
    const close =
      closeAfter ||
      !persistent ||
      answer.response.closes === true ||
      requests >= options.maxRequests ||
      version === "0.9"
    body = undefined
    closeAfter = false
    send(answer.response, close)
    if (close) return
    state = "line"
    blankLines = 0
    requestLine = undefined
    collector = new FieldCollector()
    arm(options.keepAliveMs, finish)
  }
  const takeByte = (byte: number) => {
    if (lineLength === 0 && state === "line" && blankLines === 0) arm(options.requestMs, timedOut)
    if (byte === LF) {
      const strict = lineLength > 0 && line[lineLength - 1] === CR
      const end = strict ? lineLength - 1 : lineLength
      let text = ""
      for (let i = 0; i < end; i++) text += String.fromCharCode(line[i]!)
      lineLength = 0
      takeLine(text, strict)
      return
    }
    if (lineLength >= maxLineBytes) {
      lineLength = 0
      if (state === "line") refuse(414)
      else refuse(400, { detail: "Size of a request header field exceeds server limit." })
      return
    }
    if (lineLength === line.length) {
      const larger = new Uint8Array(line.length * 2)
      larger.set(line)
      line = larger
    }
    line[lineLength++] = byte
  }
  const takeBody = (bytes: Uint8Array, offset: number): number => {
    const taken = body!.take(bytes, offset)
    if (taken.event === "done") complete(body!.kept())
    else if (taken.event === "bad") refuse(400, { named: true, framing: "close" })
    else if (taken.event === "too large")
      refuse(413, { detail: requestLine!.method, named: true, framing: "close" })
    else arm(options.requestMs, timedOut)
    return taken.offset
  }

  // Apache's listening socket waits for the first bytes (TCP_DEFER_ACCEPT): silence is met with silence.
  arm(60_000, finish)
  return {
    data(bytes) {
      let offset = 0
      while (offset < bytes.length && state !== "over") {
        if (state === "body") offset = takeBody(bytes, offset)
        else takeByte(bytes[offset++]!)
      }
    },
  }
}

/** One exchange with the hub's ingest: a body out, a status and a bounded answer back. */
import { promisify } from "node:util"
import { gzip, zstdCompress } from "node:zlib"
import { PropolisError } from "@propolis/core"

export type Coding = "zstd" | "gzip" | "none"

/** The hub's answer names at most the faults of one batch. */
const maxAnswerBytes = 16 * 1024 * 1024

const compressors = { zstd: promisify(zstdCompress), gzip: promisify(gzip) }

export async function compress(bytes: Uint8Array, coding: Coding): Promise<Uint8Array> {
  return coding === "none" ? bytes : compressors[coding](bytes)
}

export interface HubRequest {
  readonly url: string
  readonly apiId: string
  readonly apiKey: string
  readonly coding: Coding
  /** Compressed already. */
  readonly body: Uint8Array
  readonly timeoutMs: number
}

export interface HubAnswer {
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly text: string
}

/** @throws PropolisError HUB_UNREACHABLE where no whole answer comes in time; the signal's reason where it aborts. */
export async function postToHub(
  request: HubRequest,
  signal: AbortSignal,
  now: () => number,
): Promise<HubAnswer> {
  const abort = new AbortController()
  const tooLate = new Error(`no answer within ${request.timeoutMs} ms`)
  signal.throwIfAborted()
  const timer = setTimeout(() => abort.abort(tooLate), request.timeoutMs)
  const onAbort = () => abort.abort(signal.reason)
  signal.addEventListener("abort", onAbort, { once: true })
  try {
    const response = await fetch(request.url, {
      method: "POST",
      // Following would hand the key to whoever is named there.
      redirect: "manual",
      headers: headersOf(request),
      body: request.body as Uint8Array<ArrayBuffer>,
      signal: abort.signal,
    })
    return {
      status: response.status,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after"), now()),
      text: await readText(response),
    }
  } catch (error) {
    signal.throwIfAborted()
    // The cause of fetch's own error tells what happened; neither holds a header.
    const cause = abort.signal.aborted ? tooLate : ((error as Error).cause ?? error)
    throw new PropolisError("HUB_UNREACHABLE", `${request.url}: ${messageOf(cause)}`, { cause })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener("abort", onAbort)
  }
}

function headersOf(request: HubRequest): Record<string, string> {
  const headers: Record<string, string> = {
    "user-agent": "Propolis sensor",
    accept: "application/json",
    "content-type": "application/x-ndjson",
    "x-honeydb-apiid": request.apiId,
    "x-honeydb-apikey": request.apiKey,
  }
  if (request.coding !== "none") headers["content-encoding"] = request.coding
  return headers
}

function messageOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  return message !== undefined && message !== "" ? message : String(code ?? cause)
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return ""
  const decoder = new TextDecoder()
  let text = ""
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.length
    if (bytes > maxAnswerBytes) throw new Error(`the answer is larger than ${maxAnswerBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Seconds or a date (RFC 9110 §10.2.3). */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  if (/^[0-9]{1,9}$/.test(header)) return Number(header) * 1_000
  // Date.parse takes far more than RFC 9110's dates, all of which begin with a day's name.
  const date = /^[A-Za-z]{3,9},? /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}

/** One exchange with an HTTP API: a body out, a status and a bounded answer back. Redirects are answers, never followed. */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http"
import { Agent as HttpsAgent, request as requestHttps } from "node:https"
import type { SecureContextOptions } from "node:tls"
import { type ErrorCode, PropolisError } from "@propolis/core"
import { retryAfterMs } from "./retry-after.ts"

export interface HttpClientOptions {
  /** What the peer is called in messages. URLs are not shown: the path of many is a secret. */
  readonly peer: string
  /** From the first byte out to the last byte of the answer. */
  readonly timeoutMs: number
  /** Unix milliseconds. */
  readonly now: () => number
  readonly tls?: SecureContextOptions & { readonly servername?: string }
  /** Default 1 MiB. */
  readonly maxAnswerBytes?: number
  /** Code of the error where no whole answer comes. Default `DELIVERY_FAILED`. */
  readonly unreachable?: ErrorCode
}

export interface HttpRequest {
  readonly url: string
  /** Default `POST`. */
  readonly method?: "GET" | "POST" | "PUT" | "HEAD"
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage["headers"]
  /** What `Retry-After` asks for. */
  readonly retryAfterMs: number | undefined
  /** UTF-8; what is not becomes U+FFFD. */
  readonly text: string
}

export class HttpClient {
  readonly peer: string
  readonly #options: HttpClientOptions
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 4 })
  readonly #https: HttpsAgent

  constructor(options: HttpClientOptions) {
    this.peer = options.peer
    this.#options = options
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets: 4, ...options.tls })
  }

  /** @throws PropolisError `unreachable` where no whole answer comes in time; the signal's reason where it aborts. */
  async request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted()
    const { timeoutMs } = this.#options
    const abort = new AbortController()
    const tooLate = new Error(`no answer within ${timeoutMs} ms`)
    const timer = setTimeout(() => abort.abort(tooLate), timeoutMs)
    const onAbort = () => abort.abort(signal.reason)
    signal.addEventListener("abort", onAbort, { once: true })
    try {
      return await this.#exchange(request, abort.signal)
    } catch (error) {
      signal.throwIfAborted()
      const cause = (abort.signal.aborted ? tooLate : error) as NodeJS.ErrnoException
      const reason = cause.message !== "" ? cause.message : (cause.code ?? cause.name)
      throw new PropolisError(
        this.#options.unreachable ?? "DELIVERY_FAILED",
        `no answer from ${this.peer}: ${reason}`,
        { cause },
      )
    } finally {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
    }
  }

  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const body = typeof request.body === "string" ? Buffer.from(request.body) : request.body
    const headers: Record<string, string | number> = {
      "user-agent": "Propolis sensor",
      accept: "application/json",
      ...request.headers,
    }
    if (body !== undefined) headers["content-length"] = body.length
    const url = new URL(request.url)
    const secure = url.protocol === "https:"
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = (secure ? requestHttps : requestHttp)(
        url,
        { method: request.method ?? "POST", headers, signal, agent: secure ? this.#https : this.#http },
        resolve,
      )
      // Also after the answer began: a peer may answer early and reset the rest of the request.
      outgoing.on("error", reject)
      outgoing.end(body)
    })
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      retryAfterMs: retryAfterMs(response.headers["retry-after"], this.#options.now()),
      text: await this.#readText(response),
    }
  }

  async #readText(response: IncomingMessage): Promise<string> {
    const maxBytes = this.#options.maxAnswerBytes ?? 1_048_576
    const decoder = new TextDecoder()
    let text = ""
    let bytes = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
      text += decoder.decode(chunk, { stream: true })
    }
    return text + decoder.decode()
  }

  /** Idempotent; ends open exchanges' connections. */
  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }
}

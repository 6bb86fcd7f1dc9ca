/** An HTTP API for tests: a real server that keeps every request, and can be told to misbehave for some of them. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync } from "node:zlib"

export interface ReceivedRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Uncompressed where it was gzip. */
  readonly body: Buffer
}

export type Behaviour = (request: ReceivedRequest, response: ServerResponse) => void

export interface FakeHttpPeer {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** For the next requests, one each. */
  readonly next: Behaviour[]
  /** For every request that `next` has nothing for, instead of the right answer. */
  always: Behaviour | undefined
  stop(): Promise<void>
}

export async function startFakeHttpPeer(right: Behaviour): Promise<FakeHttpPeer> {
  const requests: ReceivedRequest[] = []
  const next: Behaviour[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const raw = Buffer.concat(chunks)
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw
    const received = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body,
    }
    requests.push(received)
    const behaviour = next.shift() ?? peer.always ?? right
    behaviour(received, response)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const peer: FakeHttpPeer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    next,
    always: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return peer
}

export function answer(
  status: number,
  body: unknown = "",
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return (_, response) => {
    response.writeHead(status, headers).end(text)
  }
}

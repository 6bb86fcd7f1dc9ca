/** A hub's ingest for tests: a real HTTP server that stores ids, and can be told to misbehave for some requests. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync, zstdDecompressSync } from "node:zlib"

export interface ReceivedBatch {
  readonly request: IncomingMessage
  readonly ids: readonly string[]
  /** Stores the batch and gives the right answer. */
  accept(): void
}
/** What the hub does with one request instead of accepting it. */
export type Behaviour = (batch: ReceivedBatch, response: ServerResponse) => void

export interface FakeHub {
  readonly url: string
  /** What was stored, each id once, in order. */
  readonly stored: readonly string[]
  readonly requests: readonly {
    readonly headers: IncomingMessage["headers"]
    readonly ids: readonly string[]
  }[]
  /** For the next requests, one each. */
  readonly next: Behaviour[]
  /** For every request that `next` has nothing for. */
  always: Behaviour | undefined
  readonly connections: number
  stop(): Promise<void>
}

export async function startFakeHub(): Promise<FakeHub> {
  const stored: string[] = []
  const known = new Set<string>()
  const requests: { headers: IncomingMessage["headers"]; ids: readonly string[] }[] = []
  const next: Behaviour[] = []
  const state = { always: undefined as Behaviour | undefined, connections: 0 }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const ids = idsOf(decompress(Buffer.concat(chunks), request.headers["content-encoding"]))
    requests.push({ headers: request.headers, ids })
    const accept = () => {
      for (const id of ids) {
        if (known.has(id)) continue
        known.add(id)
        stored.push(id)
      }
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify({ status: "Success", accepted: ids.length, rejected: [] }))
    }
    const behaviour = next.shift() ?? state.always
    if (behaviour === undefined) accept()
    else behaviour({ request, ids, accept }, response)
  })
  server.on("connection", () => {
    state.connections++
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored,
    requests,
    next,
    get always() {
      return state.always
    },
    set always(behaviour) {
      state.always = behaviour
    },
    get connections() {
      return state.connections
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function decompress(body: Buffer, coding: string | undefined): Buffer {
  if (coding === "zstd") return zstdDecompressSync(body)
  return coding === "gzip" ? gunzipSync(body) : body
}

function idsOf(body: Buffer): string[] {
  const lines = body.toString().split("\n")
  return lines.slice(0, -1).map((line) => (JSON.parse(line) as { id: string }).id)
}

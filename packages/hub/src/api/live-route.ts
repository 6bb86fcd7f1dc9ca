/** `GET /api/web/live?service=&remoteHost=`: server-sent events (WHATWG HTML §9.2). */
import { type StoredEvent, storedEventSchema } from "@propolis/core"
import type { FastifyReply, FastifyRequest } from "fastify"
import { z } from "zod"
import { clientAddress } from "./client-address.ts"
import { HttpError } from "./http-error.ts"
import type { ApiPorts } from "./ports.ts"
import type { Principal } from "./principal.ts"
import { readerPolicy } from "./reader-policy.ts"
import { securityHeaders } from "./security-headers.ts"

export const livePath = "/api/web/live"
export const liveQuerySchema = z.object({
  service: z.string().max(64).optional(),
  remoteHost: z.string().max(64).optional(),
})
export type LiveQuery = z.output<typeof liveQuerySchema>

/** @throws HttpError 503 where too many are listening. */
export function streamLive(
  ports: ApiPorts,
  principal: Principal,
  query: LiveQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const response = reply.raw
  const policy = readerPolicy(principal, ports.mode)
  const started: { value: boolean } = { value: false }
  const view = (event: StoredEvent) => {
    if (query.service && event.service !== query.service) return undefined
    if (query.remoteHost && event.remoteHost !== query.remoteHost) return undefined
    const shown = policy.event(event, ports.now())
    // Only what the contract names leaves the hub.
    return shown === undefined ? undefined : storedEventSchema.parse(shown)
  }
  const sink = {
    write(text: string) {
      if (!started.value) {
        started.value = true
        reply.hijack()
        response.writeHead(200, {
          ...securityHeaders,
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store",
          // For reverse proxies that would keep the stream to themselves.
          "x-accel-buffering": "no",
        })
      }
      response.write(text)
    },
    waiting: () => response.writableLength,
    close: () => response.destroy(),
  }
  const owner = principal.kind === "account" ? `account ${principal.account.id}` : clientAddress(request)
  const end = ports.live.subscribe({ sink, view, owner, after: lastEventId(request) })
  if (end === undefined) throw new HttpError(503, "Too many live streams", { retryAfterSeconds: 10 })
  response.once("close", end)
}

function lastEventId(request: FastifyRequest): number | undefined {
  const header = request.headers["last-event-id"]
  if (typeof header !== "string" || !/^\d{1,16}$/.test(header)) return undefined
  const sequence = Number(header)
  return Number.isSafeInteger(sequence) ? sequence : undefined
}

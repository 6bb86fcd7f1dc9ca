/** Route definitions → Fastify: who asks is settled before a byte of a body is read. */
import type { FastifyInstance, FastifyRequest } from "fastify"
import type { z } from "zod"
import { accountRoutes } from "./account-routes.ts"
import { adminRoutes } from "./admin-routes.ts"
import { dataRoutes } from "./data-routes.ts"
import type { RouteCall, RouteDefinition } from "./define-route.ts"
import { HttpError, invalidRequest } from "./http-error.ts"
import { livePath, liveQuerySchema, streamLive } from "./live-route.ts"
import type { ApiPorts } from "./ports.ts"
import { type Access, checkAccess, type Principal, principalOf } from "./principal.ts"
import { checkSameOrigin } from "./same-origin.ts"

export const routes: readonly RouteDefinition[] = [...accountRoutes, ...dataRoutes, ...adminRoutes]

/** Bytes of a JSON body. */
const maxBodyBytes = 64 * 1024

export function webRoutes(ports: ApiPorts) {
  const principals = new WeakMap<FastifyRequest, Principal>()

  const admit = (access: Access) => async (request: FastifyRequest) => {
    const principal = await principalOf(request, ports.accounts, ports.adminToken)
    // A token is never sent by a browser on its own, a cookie is.
    if (principal.kind !== "local administrator") checkSameOrigin(request)
    checkAccess(principal, access, ports.anonymous)
    principals.set(request, principal)
  }

  return async (server: FastifyInstance) => {
    for (const route of routes) {
      server.route({
        method: route.method,
        url: route.path,
        bodyLimit: maxBodyBytes,
        onRequest: admit(route.access),
        handler: async (request, reply) => {
          reply.header("cache-control", "no-store")
          const call: RouteCall<unknown, unknown, unknown> = {
            params: parse(route.params, request.params, "path"),
            query: parse(route.query, request.query, "query"),
            body: parse(route.body, request.body, "body"),
            principal: principals.get(request)!,
            ports,
            request,
            reply,
          }
          const answer = await route.handle(call as never)
          reply.code(route.status)
          return route.answer === undefined ? null : route.answer.parse(answer)
        },
      })
    }
    server.get(livePath, { onRequest: admit("reader"), exposeHeadRoute: false }, async (request, reply) => {
      const query = liveQuerySchema.safeParse(request.query)
      if (!query.success) throw invalidRequest(query.error, "query")
      streamLive(ports, principals.get(request)!, query.data, request, reply)
      return reply
    })
    server.get("/api/*", async () => {
      throw new HttpError(404, "Not found")
    })
  }
}

function parse(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  if (schema === undefined) return undefined
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw invalidRequest(parsed.error, part)
  return parsed.data
}

/** A route is described once: from it come validation, access, the answer's shape, and the OpenAPI document. */
import type { FastifyReply, FastifyRequest } from "fastify"
import type { z } from "zod"
import type { ApiPorts } from "./ports.ts"
import type { Access, Principal } from "./principal.ts"

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

export interface RouteCall<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly principal: Principal
  readonly ports: ApiPorts
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export interface RouteDefinition {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** With `:name` parameters. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly params?: z.ZodType | undefined
  readonly query?: z.ZodType | undefined
  readonly body?: z.ZodType | undefined
  /** The success status; 204 has no body. */
  readonly status: 200 | 201 | 204
  readonly answer?: z.ZodType | undefined
  /** Other statuses that it answers, for the document; 400, 401, 403, 500 and 503 go without saying. */
  readonly refusals?: readonly number[]
  readonly handle: (call: never) => Promise<unknown>
}

/** Checks that the handler fits its schemas, and forgets their types. */
export function defineRoute<
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Answer extends z.ZodType | undefined = undefined,
>(
  route: Omit<RouteDefinition, "params" | "query" | "body" | "answer" | "handle"> & {
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    readonly answer?: Answer
    readonly handle: (
      call: RouteCall<Parsed<Params>, Parsed<Query>, Parsed<Body>>,
    ) => Promise<Answer extends z.ZodType ? z.input<Answer> : undefined>
  },
): RouteDefinition {
  return route
}

/** The OpenAPI 3.1 document of the hub, from the schemas that its routes use. Pure. */
import { errorSchema, storedEventSchema, wireEventSchema } from "@propolis/core"
import { z } from "zod"
import { ingestPath } from "../ingest/routes.ts"
import type { RouteDefinition } from "./define-route.ts"
import { statusText } from "./http-error.ts"
import { livePath, liveQuerySchema } from "./live-route.ts"
import { routes } from "./register-routes.ts"

type Json = Record<string, unknown>

export function openApiDocument(): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}")
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  paths[livePath] = { get: liveOperation() }
  paths[ingestPath] = { post: ingestOperation() }
  paths["/healthz"] = { get: plainOperation("Health: ok or degraded, with reasons", "application/json") }
  paths["/metrics"] = {
    get: plainOperation("Metrics, from this machine or for an administrator", "text/plain"),
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Propolis hub",
      version: "1",
      description:
        'Times are Unix milliseconds, UTC. Every error is JSON: `{"status": "…"}`. No path redirects.',
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: { Error: jsonSchema(errorSchema, "output") },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "propolis" },
        localAdministrator: { type: "http", scheme: "bearer" },
        apiId: { type: "apiKey", in: "header", name: "X-HoneyDb-ApiId" },
        apiKey: { type: "apiKey", in: "header", name: "X-HoneyDb-ApiKey" },
      },
    },
  }
}

function operation(route: RouteDefinition): Json {
  const success: Json = { description: route.summary }
  if (route.answer !== undefined)
    success.content = content("application/json", jsonSchema(route.answer, "output"))
  const refusals = [
    400,
    ...(route.access === "public" ? [] : [401, 403]),
    ...(route.refusals ?? []),
    500,
    503,
  ]
  const parameters = [...parametersOf(route.params, "path"), ...parametersOf(route.query, "query")]
  return {
    summary: route.summary,
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && {
      requestBody: { required: true, content: content("application/json", jsonSchema(route.body, "input")) },
    }),
    responses: { [route.status]: success, ...errorResponses(refusals) },
    security: securityOf(route),
  }
}

function securityOf(route: RouteDefinition): Json[] {
  if (route.access === "public") return []
  const signedIn = [{ session: [] }, { localAdministrator: [] }]
  // An empty requirement: anonymous readers, where the hub lets them in.
  return route.access === "reader" ? [{}, ...signedIn] : signedIn
}

function parametersOf(schema: z.ZodType | undefined, where: "path" | "query"): Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonSchema(schema, "input") as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: property,
  }))
}

function liveOperation(): Json {
  return {
    summary: "Live events as server-sent events; resumes after Last-Event-ID",
    parameters: parametersOf(liveQuerySchema, "query"),
    responses: {
      200: {
        description:
          "`event: event`, `id:` the sequence, `data:` one event; `hello` first; `skipped` where some were left out",
        content: content("text/event-stream", jsonSchema(storedEventSchema, "output")),
      },
      ...errorResponses([400, 401, 403, 503]),
    },
    security: [{}, { session: [] }, { localAdministrator: [] }],
  }
}

function ingestOperation(): Json {
  const answer = z.object({
    status: z.literal("Success"),
    accepted: z.int().min(0),
    rejected: z.array(z.object({ line: z.int().min(1), reason: z.string() })),
  })
  return {
    summary: "Take a batch of events, one JSON object a line; answers when it is durable",
    parameters: [
      {
        name: "Content-Encoding",
        in: "header",
        required: false,
        schema: { type: "string", enum: ["identity", "gzip", "zstd"] },
      },
    ],
    requestBody: {
      required: true,
      content: content("application/x-ndjson", jsonSchema(wireEventSchema, "input")),
    },
    responses: {
      200: {
        description: "What was accepted is durable",
        content: content("application/json", jsonSchema(answer, "output")),
      },
      ...errorResponses([400, 401, 413, 415, 500, 503]),
    },
    security: [{ apiId: [], apiKey: [] }],
  }
}

function plainOperation(summary: string, type: string): Json {
  return { summary, responses: { 200: { description: summary, content: content(type, {}) } } }
}

function errorResponses(statuses: readonly number[]): Json {
  const schema = { $ref: "#/components/schemas/Error" }
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: statusText(status), content: content("application/json", schema) },
    ]),
  )
}

function content(type: string, schema: Json): Json {
  return { [type]: { schema } }
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" })
  return rest
}

import { expect, test } from "vitest"
import { openApiDocument } from "./openapi.ts"
import { routes } from "./register-routes.ts"

const document = openApiDocument() as {
  paths: Record<string, Record<string, { parameters?: { name: string; in: string }[]; responses: object }>>
}

test("every route is documented, with its path parameters and error answers", () => {
  for (const route of routes) {
    const operation = document.paths[route.path.replace(/:(\w+)/g, "{$1}")]?.[route.method.toLowerCase()]
    expect(operation, `${route.method} ${route.path}`).toBeDefined()
    const named = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1])
    const inPath = (operation!.parameters ?? []).filter((each) => each.in === "path").map((each) => each.name)
    expect(inPath).toEqual(named)
    expect(Object.keys(operation!.responses)).toContain(String(route.status))
    expect(Object.keys(operation!.responses)).toContain("500")
  }
})

test("ingest, the live stream, health and metrics are there, and the document is plain JSON, always the same", () => {
  for (const path of ["/api/v2/events", "/api/web/live", "/healthz", "/metrics"])
    expect(document.paths).toHaveProperty([path])
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  expect(JSON.stringify(openApiDocument())).toBe(JSON.stringify(document))
})

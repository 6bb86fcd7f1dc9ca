/** The hub's HTTP API. */
export { LiveFeed } from "./live-feed.ts"
export { openApiDocument } from "./openapi.ts"
export type { ApiPorts, Health, Metric } from "./ports.ts"
export type { Reads } from "./reads.ts"
export { buildServer, type ServerOptions } from "./server.ts"

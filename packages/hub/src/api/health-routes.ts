/** `GET /healthz` for anyone; `GET /metrics` (Prometheus text format 0.0.4) from this machine or for an administrator. */
import type { FastifyInstance } from "fastify"
import { isLocal } from "./client-address.ts"
import { HttpError } from "./http-error.ts"
import type { ApiPorts, Metric } from "./ports.ts"
import { principalOf } from "./principal.ts"

export function healthRoutes(ports: ApiPorts) {
  return async (server: FastifyInstance) => {
    server.get("/healthz", async (_request, reply) => {
      reply.header("cache-control", "no-store")
      return ports.health()
    })
    server.get("/metrics", async (request, reply) => {
      if (!isLocal(request)) {
        const principal = await principalOf(request, ports.accounts, ports.adminToken)
        const admin = principal.kind === "account" && principal.account.admin
        if (!admin && principal.kind !== "local administrator") throw new HttpError(403, "Forbidden")
      }
      reply.type("text/plain; version=0.0.4; charset=utf-8").header("cache-control", "no-store")
      return formatMetrics(ports.metrics())
    })
  }
}

/** Lines of one name must follow each other. */
export function formatMetrics(metrics: readonly Metric[]): string {
  let text = ""
  let previous = ""
  for (const metric of metrics) {
    if (metric.name !== previous) {
      text += `# HELP ${metric.name} ${metric.help}\n# TYPE ${metric.name} ${metric.type}\n`
      previous = metric.name
    }
    const labels = Object.entries(metric.labels ?? {}).map(
      ([name, value]) => `${name}="${escapeLabel(value)}"`,
    )
    text += `${metric.name}${labels.length === 0 ? "" : `{${labels.join(",")}}`} ${metric.value}\n`
  }
  return text
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
}

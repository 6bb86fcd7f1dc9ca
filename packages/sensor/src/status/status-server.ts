/** GET /healthz and GET /metrics. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { PropolisError } from "@propolis/core"
import { prometheusText } from "./prometheus.ts"
import { type ProcessUsage, sensorMetrics } from "./sensor-metrics.ts"
import { createRecentGrowth, healthOf, type SensorStatus } from "./sensor-status.ts"

export interface StatusServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

export interface StatusServerOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  status(): SensorStatus
  /** Unix milliseconds. */
  readonly now?: () => number
}

/** How long lost events make the sensor count as degraded. */
const lossMemoryMs = 300_000

/** @throws PropolisError LISTEN_FAILED */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const now = options.now ?? Date.now
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const recent = createRecentGrowth(now, lossMemoryMs)
  healthOf(options.status(), recent)

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? "").split("?", 1)[0]
    if (path !== "/healthz" && path !== "/metrics") return sendJson(response, 404, { error: "not found" })
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD")
      return sendJson(response, 405, { error: "only GET and HEAD" })
    }
    const status = options.status()
    if (path === "/metrics") {
      const text = prometheusText(sensorMetrics(status, processUsage(delay)))
      return send(response, 200, "text/plain; version=0.0.4; charset=utf-8", text)
    }
    const health = healthOf(status, recent)
    return sendJson(response, 200, {
      ...health,
      sensor: status.sensor,
      version: status.version,
      uptimeSeconds: Math.floor((now() - status.startedAt) / 1_000),
      services: {
        listening: status.services.filter((service) => service.state === "listening").length,
        failed: status.services.filter((service) => service.state === "failed").length,
      },
    })
  }

  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => {
      try {
        answer(request, response)
      } catch {
        sendJson(response, 500, { error: "internal error" })
      }
    },
  )
  server.maxConnections = 64
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      delay.disable()
      const reason = cause.code === "EADDRINUSE" ? "is in use" : `cannot be listened on (${cause.code})`
      reject(
        new PropolisError("LISTEN_FAILED", `status: tcp:${options.port} on ${options.host} ${reason}`, {
          cause,
        }),
      )
    })
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    host: options.host,
    port,
    close: () =>
      new Promise((resolve) => {
        delay.disable()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function processUsage(delay: ReturnType<typeof monitorEventLoopDelay>): ProcessUsage {
  const memory = process.memoryUsage()
  const cpu = process.cpuUsage()
  const usage = {
    residentBytes: memory.rss,
    heapUsedBytes: memory.heapUsed,
    cpuUserSeconds: cpu.user / 1e6,
    cpuSystemSeconds: cpu.system / 1e6,
    loopDelayP99: delay.percentile(99) / 1e9,
    loopDelayMax: delay.max / 1e9,
  }
  delay.reset()
  return usage
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  send(response, code, "application/json; charset=utf-8", `${JSON.stringify(body)}\n`)
}

function send(response: ServerResponse, code: number, type: string, text: string): void {
  if (response.headersSent) return
  response.writeHead(code, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  })
  response.end(response.req.method === "HEAD" ? undefined : text)
}

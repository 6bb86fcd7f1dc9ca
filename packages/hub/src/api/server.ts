/** The hub's one HTTP server: ingest, API, health, pages. */
import { createServer, type Server as HttpServer, type RequestListener, STATUS_CODES } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { Socket } from "node:net"
import cookie from "@fastify/cookie"
import { type FastifyInstance, fastify } from "fastify"
import { type IngestPorts, ingestRoutes } from "../ingest/index.ts"
import { healthRoutes } from "./health-routes.ts"
import { errorHandler, HttpError, statusText } from "./http-error.ts"
import { openApiDocument } from "./openapi.ts"
import type { ApiPorts } from "./ports.ts"
import { webRoutes } from "./register-routes.ts"
import { securityHeaders, strictTransportSecurity } from "./security-headers.ts"
import { StaticPages } from "./static-pages.ts"

export interface ServerOptions {
  readonly api: ApiPorts
  readonly ingest: IngestPorts
  /** Folder of the built pages. */
  readonly pagesDir: string
  /** Blocks or addresses whose `X-Forwarded-*` headers count. */
  readonly trustedProxies: readonly string[]
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
  readonly timeouts?: Partial<typeof defaultTimeouts>
}

/** Against clients that begin and do not go on. */
export const defaultTimeouts = {
  /** For the headers of a request. */
  headersMs: 10_000,
  /** For a whole request, body included; not for its answer. */
  requestMs: 60_000,
  /** Between two requests. */
  keepAliveMs: 65_000,
  /** How often they are looked at. */
  checkMs: 2_000,
}
const maxConnections = 4_096
const maxHeaderBytes = 16 * 1024
const lingerMs = 1_000

export function buildServer(options: ServerOptions): FastifyInstance {
  const { api } = options
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  const server = fastify({
    logger: false,
    serverFactory: (handler) => createNodeServer(options.tls, timeouts, handler),
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    // What is open when the hub stops is finished first; run-hub sets the deadline.
    forceCloseConnections: "idle",
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    clientErrorHandler: answerBrokenRequest,
    // Before any hook: an address that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      reply.headers(securityHeaders)
      return errorHandler(api.log)(error, request, reply)
    },
  })

  server.setErrorHandler(errorHandler(api.log))
  server.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders)
    if (request.protocol === "https") reply.header("strict-transport-security", strictTransportSecurity)
  })
  server.register(cookie)
  server.register(ingestRoutes(options.ingest))
  server.register(webRoutes(api))
  server.register(healthRoutes(api))
  server.get("/api/openapi.json", async () => openApiDocument())

  const pages = new StaticPages(options.pagesDir)
  server.get("/*", async (request, reply) => {
    const answered = await pages.answer(request, reply)
    if (answered === undefined) throw new HttpError(404, "Not found")
    return answered
  })
  server.setNotFoundHandler(async () => {
    throw new HttpError(404, "Not found")
  })
  return server
}

function createNodeServer(
  tls: ServerOptions["tls"],
  timeouts: typeof defaultTimeouts,
  handler: RequestListener,
): HttpServer {
  const limits = {
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    connectionsCheckingInterval: timeouts.checkMs,
    maxHeaderSize: maxHeaderBytes,
  }
  const server =
    tls === undefined
      ? createServer(limits, handler)
      : createSecureServer({ ...limits, ...tls, minVersion: "TLSv1.2" }, handler)
  server.maxConnections = maxConnections
  return server
}

/** Node could not make a request of what came: the answer is written by hand, in JSON like all others. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  const code =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400
  const body = JSON.stringify({ status: statusText(code) })
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
  // A client that does not close its side would keep the connection.
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

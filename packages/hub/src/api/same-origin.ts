/**
 * A page elsewhere must not act with a reader's cookie. `SameSite=Strict` keeps the cookie away from
 * it; unsafe methods are also refused where the browser says that another origin asks.
 */
import type { FastifyRequest } from "fastify"
import { HttpError } from "./http-error.ts"

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"])

/** @throws HttpError 403 */
export function checkSameOrigin(request: FastifyRequest): void {
  if (safeMethods.has(request.method)) return
  const site = request.headers["sec-fetch-site"]
  const origin = request.headers.origin
  const foreignSite = site !== undefined && site !== "same-origin" && site !== "none"
  const foreignOrigin = origin !== undefined && hostOf(origin) !== request.host.toLowerCase()
  if (foreignSite || foreignOrigin) throw new HttpError(403, "The request comes from another origin")
}

// Only the host: behind a proxy that ends TLS the scheme may differ, the host may not.
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

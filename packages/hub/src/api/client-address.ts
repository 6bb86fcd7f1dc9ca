/** Where a request comes from. */
import { normalizeAddress } from "@propolis/core"
import type { FastifyRequest } from "fastify"

/** The client's address in RFC 5952 form; what a proxy says counts only from a trusted one. */
export function clientAddress(request: FastifyRequest): string {
  return normalizeAddress(request.ip) ?? request.ip
}

const forwardedHeader = /^(?:x-forwarded-|forwarded$|x-real-ip$|via$)/

/**
 * Whether a request was made on this machine, by someone who meant this machine: from a loopback
 * address, through no proxy, and to a name that a web page elsewhere cannot have rebound to here.
 */
export function isLocal(request: FastifyRequest): boolean {
  const peer = normalizeAddress(request.raw.socket.remoteAddress ?? "")
  if (peer === undefined || !(peer.startsWith("127.") || peer === "::1")) return false
  if (Object.keys(request.headers).some((name) => forwardedHeader.test(name))) return false
  return isLocalName(request.headers.host ?? "")
}

function isLocalName(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, "").toLowerCase()
  if (name === "localhost") return true
  return normalizeAddress(name.replace(/^\[(.*)\]$/, "$1")) !== undefined
}

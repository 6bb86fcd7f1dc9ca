/** Who is asking: nobody in particular, an account by its session cookie, or the local administrator. */
import type { Account } from "@propolis/core"
import type { FastifyReply, FastifyRequest } from "fastify"
import { type Accounts, type AdminToken, sessionAccount } from "../accounts/index.ts"
import { HttpError } from "./http-error.ts"

export type Principal =
  | { readonly kind: "anonymous" }
  | { readonly kind: "account"; readonly account: Account; readonly token: string }
  | { readonly kind: "local administrator" }

/** What a route asks of its principal. `reader` lets anonymous readers in where the hub's policy does. */
export type Access = "public" | "reader" | "account" | "password change" | "administrator"

export async function principalOf(
  request: FastifyRequest,
  accounts: Accounts,
  adminToken: AdminToken,
): Promise<Principal> {
  const bearer = /^Bearer ([\w-]{1,128})$/i.exec(request.headers.authorization ?? "")?.[1]
  if (bearer !== undefined) {
    if (adminToken.fits(bearer)) return { kind: "local administrator" }
    throw new HttpError(401, "Invalid API Credentials")
  }
  const token = request.cookies[cookieName(request)]
  if (token === undefined) return { kind: "anonymous" }
  const account = await sessionAccount(accounts.database, token, accounts.now())
  return account === undefined ? { kind: "anonymous" } : { kind: "account", account, token }
}

/** @throws HttpError 401 or 403 */
export function checkAccess(principal: Principal, access: Access, anonymous: "none" | "recent"): void {
  if (access === "public" || principal.kind === "local administrator") return
  if (principal.kind === "anonymous") {
    if (access === "reader" && anonymous === "recent") return
    throw new HttpError(401, "Log in first")
  }
  if (access === "password change") return
  if (principal.account.mustChangePassword) throw new HttpError(403, "Change the one-time password first")
  if (access === "administrator" && !principal.account.admin) throw new HttpError(403, "Forbidden")
}

/** Over TLS the browser itself holds the cookie to this host (RFC 6265bis §4.1.3.2). */
function cookieName(request: FastifyRequest): string {
  return request.protocol === "https" ? "__Host-propolis" : "propolis"
}

function cookieOptions(request: FastifyRequest) {
  return { path: "/", httpOnly: true, sameSite: "strict", secure: request.protocol === "https" } as const
}

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  session: { readonly token: string; readonly expiresAt: number },
): void {
  const expires = new Date(session.expiresAt)
  reply.setCookie(cookieName(request), session.token, { ...cookieOptions(request), expires })
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(cookieName(request), cookieOptions(request))
}

/** The name under which the audit log knows a principal. */
export function actorOf(principal: Principal): string {
  return principal.kind === "account" ? principal.account.email : principal.kind
}

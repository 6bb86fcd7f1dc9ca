/** Who is asking, login, password and keys: `/api/web/me` and its neighbours. */
import {
  accountSchema,
  apiKeyCreatedSchema,
  apiKeyRequestSchema,
  apiKeysSchema,
  loginSchema,
  meSchema,
  passwordChangeSchema,
} from "@propolis/core"
import { z } from "zod"
import { changePassword, logIn, logOut, writeAudit } from "../accounts/index.ts"
import { clientAddress } from "./client-address.ts"
import { defineRoute, type RouteDefinition } from "./define-route.ts"
import { HttpError } from "./http-error.ts"
import { actorOf, clearSessionCookie, type Principal, setSessionCookie } from "./principal.ts"

const maxRetryAfterSeconds = 60

export const accountRoutes: readonly RouteDefinition[] = [
  defineRoute({
    method: "GET",
    path: "/api/web/me",
    summary: "Who is asking, and how this hub is set up",
    access: "public",
    status: 200,
    answer: meSchema,
    handle: async ({ principal, ports }) => ({
      account: principal.kind === "account" ? principal.account : null,
      mode: ports.mode,
      demo: ports.demo,
      anonymous: ports.anonymous,
      version: ports.version,
      attribution: [...ports.attribution],
    }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/web/login",
    summary: "Log in; sets the session cookie",
    access: "public",
    body: loginSchema,
    status: 200,
    answer: accountSchema,
    refusals: [429],
    handle: async ({ body, ports, request, reply }) => {
      const result = await logIn(ports.accounts, { ...body, address: clientAddress(request) })
      if ("account" in result) {
        setSessionCookie(request, reply, result)
        return result.account
      }
      if (result.refused === "limit") throw tooManyTries(result.retryAfterSeconds)
      throw new HttpError(401, "E-mail address and password do not fit")
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/web/logout",
    summary: "End this session",
    access: "public",
    status: 204,
    handle: async ({ principal, ports, request, reply }) => {
      if (principal.kind === "account") {
        await logOut(ports.accounts.database, principal.token)
        const entry = {
          actor: actorOf(principal),
          action: "logout",
          address: clientAddress(request),
        } as const
        await writeAudit(ports.accounts.database, entry, ports.now())
      }
      clearSessionCookie(request, reply)
      return undefined
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/web/password",
    summary: "Replace one's password; ends all other sessions",
    access: "password change",
    body: passwordChangeSchema,
    status: 204,
    refusals: [429],
    handle: async ({ principal, body, ports, request }) => {
      const { account, token } = accountPrincipal(principal)
      const address = clientAddress(request)
      const result = await changePassword(ports.accounts, { account, ...body, keepToken: token, address })
      if (result === "wrong") throw fault("body.current", "is not the current password")
      if (result === "same") throw fault("body.next", "is the current password; expected another one")
      if (result !== "changed") throw tooManyTries(result.retryAfterSeconds)
      return undefined
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/web/keys",
    summary: "One's API id and keys, without the keys themselves",
    access: "account",
    status: 200,
    answer: apiKeysSchema,
    handle: async ({ principal, ports }) => ports.accounts.keys.list(accountPrincipal(principal).account.id),
  }),
  defineRoute({
    method: "POST",
    path: "/api/web/keys",
    summary: "Make a key; it is shown this once",
    access: "account",
    body: apiKeyRequestSchema,
    status: 201,
    answer: apiKeyCreatedSchema,
    refusals: [409],
    handle: async ({ principal, body, ports, request }) => {
      const { account } = accountPrincipal(principal)
      const by = { actor: actorOf(principal), address: clientAddress(request) }
      const created = await ports.accounts.keys.create({ accountId: account.id, ...body }, by)
      if (created === undefined) throw new HttpError(409, "Revoke a key first: there are too many")
      return created
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/web/keys/:id",
    summary: "Revoke a key",
    access: "account",
    params: z.object({ id: z.coerce.number().int().min(1) }),
    status: 204,
    refusals: [404],
    handle: async ({ principal, params, ports, request }) => {
      const { account } = accountPrincipal(principal)
      const by = { actor: actorOf(principal), address: clientAddress(request) }
      const revoked = await ports.accounts.keys.revoke({ accountId: account.id, keyId: params.id }, by)
      if (!revoked) throw new HttpError(404, "Not found")
      return undefined
    },
  }),
]

/** The local administrator has no account of its own. */
function accountPrincipal(principal: Principal): Extract<Principal, { kind: "account" }> {
  if (principal.kind !== "account") throw new HttpError(403, "Only for accounts")
  return principal
}

function tooManyTries(seconds: number): HttpError {
  return new HttpError(429, "Too many tries; wait a little", {
    retryAfterSeconds: Math.min(seconds, maxRetryAfterSeconds),
  })
}

function fault(path: string, reason: string): HttpError {
  return new HttpError(400, "Invalid request", { faults: [{ path, reason }] })
}

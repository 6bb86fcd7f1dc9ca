/** What the command line asks of the running hub, with the local administrator's token. */
import { accountSchema } from "@propolis/core"
import { z } from "zod"
import { createAccount, emailPattern, findAccount, findFirstAdministrator } from "../accounts/index.ts"
import { clientAddress } from "./client-address.ts"
import { defineRoute, type RouteDefinition } from "./define-route.ts"
import { HttpError } from "./http-error.ts"
import { actorOf } from "./principal.ts"

const email = z.string().max(254).regex(emailPattern, "expected an e-mail address")

/** `POST /api/admin/accounts` */
export const accountRequestSchema = z.strictObject({
  email,
  admin: z.boolean().default(false),
  /** Without one, a one-time password is made and told in the answer. */
  password: z.string().min(12).max(1_024).optional(),
})
export const accountCreatedSchema = accountSchema.extend({
  api_id: z.string(),
  /** The one-time password, shown this once; null where the request named one. */
  password: z.string().nullable(),
})

/**
 * `POST /api/admin/keys`: one key of each kind, the names that HoneyDB's tools use. Without an e-mail
 * address, for the first administrator: so the sensor beside the hub gets its own.
 */
export const keysRequestSchema = z.strictObject({
  email: email.optional(),
  label: z.string().max(64).default(""),
})
export const keysCreatedSchema = z.object({
  api_id: z.string(),
  /** Reads. */
  api_key: z.string(),
  /** Sends events. */
  sensor_key: z.string(),
})

export const adminRoutes: readonly RouteDefinition[] = [
  defineRoute({
    method: "POST",
    path: "/api/admin/accounts",
    summary: "Create an account",
    access: "administrator",
    body: accountRequestSchema,
    status: 201,
    answer: accountCreatedSchema,
    refusals: [409],
    handle: async ({ body, principal, ports, request }) => {
      const by = { actor: actorOf(principal), address: clientAddress(request) }
      const created = await createAccount(ports.accounts.database, body, by, ports.now())
      if (created === undefined) throw new HttpError(409, "There is an account with this e-mail address")
      const { account, apiId, oneTimePassword } = created
      return { ...account, api_id: apiId, password: oneTimePassword ?? null }
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/admin/keys",
    summary: "Create a read key and a sensor key for an account",
    access: "administrator",
    body: keysRequestSchema,
    status: 201,
    answer: keysCreatedSchema,
    refusals: [404, 409],
    handle: async ({ body, principal, ports, request }) => {
      const { database } = ports.accounts
      const found =
        body.email === undefined
          ? await findFirstAdministrator(database)
          : await findAccount(database, body.email)
      if (found === undefined) throw new HttpError(404, "There is no account with this e-mail address")
      const by = { actor: actorOf(principal), address: clientAddress(request) }
      const make = async (kind: "read" | "sensor") => {
        const created = await ports.accounts.keys.create(
          { accountId: found.account.id, kind, label: body.label },
          by,
        )
        if (created === undefined) throw new HttpError(409, "The account has too many keys; revoke one first")
        return created.key
      }
      return { api_id: found.apiId, api_key: await make("read"), sensor_key: await make("sensor") }
    },
  }),
]

/** Logging in, sessions, and changing a password. */
import { randomBytes } from "node:crypto"
import type { Account } from "@propolis/core"
import { accountOf, normalizeEmail } from "./account-records.ts"
import { writeAudit } from "./audit.ts"
import type { AccountsDatabase } from "./database.ts"
import { hashToken } from "./key-format.ts"
import type { LoginLimit } from "./login-limit.ts"
import { hashPassword, impossibleHash, verifyPassword } from "./password.ts"

/** How long a session lasts. */
export const sessionMs = 7 * 86_400_000

export type LoginResult =
  | { readonly account: Account; readonly token: string; readonly expiresAt: number }
  | { readonly refused: "credentials" }
  | { readonly refused: "limit"; readonly retryAfterSeconds: number }

export interface LoginPorts {
  readonly database: AccountsDatabase
  readonly limit: LoginLimit
  now(): number
}

/** Takes as long for an unknown account as for a wrong password. */
export async function logIn(
  { database, limit, now }: LoginPorts,
  request: { readonly email: string; readonly password: string; readonly address: string },
): Promise<LoginResult> {
  const email = normalizeEmail(request.email)
  const retryAfterSeconds = limit.retryAfterSeconds(request.address, email, now())
  if (retryAfterSeconds > 0) return { refused: "limit", retryAfterSeconds }
  limit.recordTry(request.address, email, now())
  const row = await database.selectFrom("accounts").selectAll().where("email", "=", email).executeTakeFirst()
  const fits = await verifyPassword(request.password, row?.password_hash ?? impossibleHash)
  if (row === undefined || !fits) {
    await writeAudit(database, { actor: email, action: "login refused", address: request.address }, now())
    return { refused: "credentials" }
  }
  limit.recordSuccess(request.address, email)
  const token = randomBytes(32).toString("base64url")
  const expiresAt = now() + sessionMs
  await database
    .insertInto("sessions")
    .values({ token_hash: hashToken(token), account_id: row.id, created_at: now(), expires_at: expiresAt })
    .execute()
  await writeAudit(database, { actor: email, action: "login", address: request.address }, now())
  return { account: accountOf(row), token, expiresAt }
}

/** The account of a cookie's token. */
export async function sessionAccount(
  database: AccountsDatabase,
  token: string,
  now: number,
): Promise<Account | undefined> {
  if (token.length !== 43) return undefined
  const row = await database
    .selectFrom("sessions")
    .innerJoin("accounts", "accounts.id", "sessions.account_id")
    .select(["accounts.id", "accounts.email", "accounts.admin", "accounts.must_change_password"])
    .where("token_hash", "=", hashToken(token))
    .where("expires_at", ">", now)
    .executeTakeFirst()
  return row === undefined ? undefined : accountOf(row)
}

export async function logOut(database: AccountsDatabase, token: string): Promise<void> {
  await database.deleteFrom("sessions").where("token_hash", "=", hashToken(token)).execute()
}

/** Replaces a password and ends every other session of the account. `false` where `current` is wrong. */
export async function changePassword(
  { database, limit, now }: LoginPorts,
  request: {
    readonly account: Account
    readonly current: string
    readonly next: string
    readonly keepToken: string
    readonly address: string
  },
): Promise<"changed" | "wrong" | "same" | { readonly retryAfterSeconds: number }> {
  const { account, address } = request
  const retryAfterSeconds = limit.retryAfterSeconds(address, account.email, now())
  if (retryAfterSeconds > 0) return { retryAfterSeconds }
  limit.recordTry(address, account.email, now())
  const row = await database
    .selectFrom("accounts")
    .select("password_hash")
    .where("id", "=", account.id)
    .executeTakeFirst()
  if (!(await verifyPassword(request.current, row?.password_hash ?? impossibleHash))) return "wrong"
  limit.recordSuccess(address, account.email)
  if (request.next === request.current) return "same"
  await database
    .updateTable("accounts")
    .set({ password_hash: await hashPassword(request.next), must_change_password: 0 })
    .where("id", "=", account.id)
    .execute()
  await database
    .deleteFrom("sessions")
    .where("account_id", "=", account.id)
    .where("token_hash", "!=", hashToken(request.keepToken))
    .execute()
  await writeAudit(database, { actor: account.email, action: "password changed", address }, now())
  return "changed"
}

export async function pruneSessions(database: AccountsDatabase, now: number): Promise<void> {
  await database.deleteFrom("sessions").where("expires_at", "<=", now).execute()
}

/** Accounts: create, find, and the first administrator. */
import { randomBytes } from "node:crypto"
import type { Account } from "@propolis/core"
import { writeAudit } from "./audit.ts"
import type { AccountsDatabase, AccountsSchema } from "./database.ts"
import { hashPassword, makeOneTimePassword } from "./password.ts"

export const bootstrapEmail = "admin@localhost"

/** `local@domain`, the way people write it; whether mail arrives there is not asked. */
export const emailPattern = /^[^\s@\p{C}]{1,64}@[^\s@\p{C}]{1,189}$/u

export interface NewAccount {
  readonly email: string
  readonly admin: boolean
  /** Without one, a one-time password is made. */
  readonly password?: string | undefined
}

export interface CreatedAccount {
  readonly account: Account
  readonly apiId: string
  readonly oneTimePassword: string | undefined
}

/** @returns undefined where the e-mail address is taken. */
export async function createAccount(
  database: AccountsDatabase,
  request: NewAccount,
  by: { readonly actor: string; readonly address?: string },
  now: number,
  bootstrap = false,
): Promise<CreatedAccount | undefined> {
  const email = normalizeEmail(request.email)
  const oneTimePassword = request.password === undefined ? makeOneTimePassword() : undefined
  const apiId = randomBytes(16).toString("hex")
  const row = await database
    .insertInto("accounts")
    .values({
      email,
      password_hash: await hashPassword(request.password ?? oneTimePassword!),
      admin: request.admin ? 1 : 0,
      must_change_password: oneTimePassword === undefined ? 0 : 1,
      bootstrap: bootstrap ? 1 : 0,
      api_id: apiId,
      created_at: now,
    })
    .onConflict((conflict) => conflict.column("email").doNothing())
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) return undefined
  await writeAudit(database, { ...by, action: "account created", detail: email }, now)
  return { account: accountOf(row), apiId, oneTimePassword }
}

export async function findAccount(
  database: AccountsDatabase,
  email: string,
): Promise<{ account: Account; apiId: string } | undefined> {
  const row = await database
    .selectFrom("accounts")
    .selectAll()
    .where("email", "=", normalizeEmail(email))
    .executeTakeFirst()
  return row === undefined ? undefined : { account: accountOf(row), apiId: row.api_id }
}

/** The administrator who was there first. */
export async function findFirstAdministrator(
  database: AccountsDatabase,
): Promise<{ account: Account; apiId: string } | undefined> {
  const row = await database
    .selectFrom("accounts")
    .selectAll()
    .where("admin", "=", 1)
    .orderBy("id")
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? undefined : { account: accountOf(row), apiId: row.api_id }
}

/**
 * Makes the first administrator where there is no account yet. As long as its one-time password was
 * not replaced, each start makes a new one: whoever sees the terminal can log in, old output is worthless.
 */
export async function ensureAdministrator(
  database: AccountsDatabase,
  now: number,
): Promise<{ email: string; password: string } | undefined> {
  const by = { actor: "first start" }
  const any = await database.selectFrom("accounts").select("id").limit(1).executeTakeFirst()
  if (any === undefined) {
    const made = await createAccount(database, { email: bootstrapEmail, admin: true }, by, now, true)
    return { email: bootstrapEmail, password: made!.oneTimePassword! }
  }
  const unused = await database
    .selectFrom("accounts")
    .select(["id", "email"])
    .where("bootstrap", "=", 1)
    .where("must_change_password", "=", 1)
    .executeTakeFirst()
  if (unused === undefined) return undefined
  const password = makeOneTimePassword()
  await database
    .updateTable("accounts")
    .set({ password_hash: await hashPassword(password) })
    .where("id", "=", unused.id)
    .execute()
  await database.deleteFrom("sessions").where("account_id", "=", unused.id).execute()
  await writeAudit(database, { ...by, action: "one-time password made", detail: unused.email }, now)
  return { email: unused.email, password }
}

export function normalizeEmail(email: string): string {
  return email.normalize("NFKC").trim().toLowerCase()
}

type AccountColumns = Pick<AccountsSchema["accounts"], "email" | "admin" | "must_change_password"> & {
  readonly id: number
}

export function accountOf(row: AccountColumns): Account {
  return {
    id: row.id,
    email: row.email,
    admin: row.admin === 1,
    mustChangePassword: row.must_change_password === 1,
  }
}

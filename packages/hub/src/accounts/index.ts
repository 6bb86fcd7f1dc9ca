/** Accounts of the hub: everything that needs the relational store, behind one object. */
import { ApiKeys } from "./api-keys.ts"
import { pruneAudit } from "./audit.ts"
import { type AccountsDatabase, openAccountsDatabase } from "./database.ts"
import { pruneSessions } from "./login.ts"
import { LoginLimit } from "./login-limit.ts"

export {
  createAccount,
  emailPattern,
  ensureAdministrator,
  findAccount,
  findFirstAdministrator,
} from "./account-records.ts"
export { type AdminToken, writeAdminToken } from "./admin-token.ts"
export { ApiKeys, type KeyHolder } from "./api-keys.ts"
export { writeAudit } from "./audit.ts"
export { type KeyKind, kindOfApiKey } from "./key-format.ts"
export { changePassword, type LoginResult, logIn, logOut, sessionAccount, sessionMs } from "./login.ts"
export { PasswordsBusy } from "./password.ts"

export interface Accounts {
  readonly database: AccountsDatabase
  readonly keys: ApiKeys
  readonly limit: LoginLimit
  now(): number
  /** Removes what has expired. */
  prune(): Promise<void>
  close(): Promise<void>
}

/** @param file SQLite file, made with mode 0600; `:memory:` for tests. */
export async function openAccounts(file: string, now: () => number = Date.now): Promise<Accounts> {
  const database = await openAccountsDatabase(file)
  return {
    database,
    keys: new ApiKeys(database, now),
    limit: new LoginLimit(),
    now,
    async prune() {
      await pruneSessions(database, now())
      await pruneAudit(database, now())
    },
    close: () => database.destroy(),
  }
}

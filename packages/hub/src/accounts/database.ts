/** The relational store: accounts, sessions, keys, audit log. Times are Unix milliseconds, flags 0 or 1. */
import { type Generated, Kysely } from "kysely"
import { Migrator } from "kysely/migration"
import { migrations } from "./migrations.ts"
import { nodeSqliteDialect } from "./sqlite/node-sqlite.ts"

export interface AccountsSchema {
  accounts: {
    id: Generated<number>
    /** Lower case, unique. */
    email: string
    password_hash: string
    admin: number
    must_change_password: number
    /** 1 for the administrator that the first start made. */
    bootstrap: number
    api_id: string
    created_at: number
  }
  sessions: {
    /** SHA-256 of the cookie's token, hex. */
    token_hash: string
    account_id: number
    created_at: number
    expires_at: number
  }
  api_keys: {
    id: Generated<number>
    account_id: number
    kind: "read" | "sensor"
    label: string
    /** SHA-256 of the key, hex. */
    key_hash: string
    created_at: number
    last_used_at: number | null
  }
  audit_log: {
    id: Generated<number>
    time: number
    /** Who did it: an e-mail address, `local administrator`, or what a failed login claimed to be. */
    actor: string
    action: string
    detail: string
    /** The peer's address, empty where there was none. */
    address: string
  }
}

export type AccountsDatabase = Kysely<AccountsSchema>

/** Opens (and makes, and migrates) the relational store in one SQLite file. */
export async function openAccountsDatabase(file: string): Promise<AccountsDatabase> {
  const database = new Kysely<AccountsSchema>({ dialect: nodeSqliteDialect(file) })
  try {
    const migrator = new Migrator({
      db: database,
      provider: { getMigrations: async () => migrations },
    })
    const { error } = await migrator.migrateToLatest()
    if (error !== undefined) throw error
  } catch (error) {
    await database.destroy()
    throw error
  }
  return database
}

/**
 * node:sqlite behind the subset of a database that Kysely's SQLite dialect needs. WAL with
 * synchronous=FULL: what was committed survives a power cut (sqlite.org/pragma.html#pragma_synchronous).
 */
import { chmodSync, existsSync } from "node:fs"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { type SqliteDatabase, SqliteDialect } from "kysely"

/** A Kysely dialect on one file, made with mode 0600. `:memory:` is for tests. */
export function nodeSqliteDialect(file: string): SqliteDialect {
  return new SqliteDialect({ database: async () => openNodeSqlite(file) })
}

function openNodeSqlite(file: string): SqliteDatabase {
  const fresh = file !== ":memory:" && !existsSync(file)
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5_000 })
  if (fresh) chmodSync(file, 0o600)
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF")
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql)
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      }
    },
  }
}

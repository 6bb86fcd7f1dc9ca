/**
 * Migrations of the relational store, in order of their names. One that was released is never
 * edited; a change is a new one.
 */
import { type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"

// A migration sees the schema of its own time, not today's.
type AnySchema = Kysely<unknown>

export const migrations: Record<string, Migration> = {
  "0001-accounts": {
    async up(db: AnySchema) {
      await db.schema
        .createTable("accounts")
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("email", "text", (column) => column.notNull().unique())
        .addColumn("password_hash", "text", (column) => column.notNull())
        .addColumn("admin", "integer", (column) => column.notNull())
        .addColumn("must_change_password", "integer", (column) => column.notNull())
        .addColumn("bootstrap", "integer", (column) => column.notNull())
        .addColumn("api_id", "text", (column) => column.notNull().unique())
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .execute()
      await db.schema
        .createTable("sessions")
        .addColumn("token_hash", "text", (column) => column.primaryKey())
        .addColumn("account_id", "integer", (column) =>
          column.notNull().references("accounts.id").onDelete("cascade"),
        )
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("expires_at", "bigint", (column) => column.notNull())
        .execute()
      await db.schema.createIndex("sessions_account").on("sessions").column("account_id").execute()
      await db.schema
        .createTable("api_keys")
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("account_id", "integer", (column) =>
          column.notNull().references("accounts.id").onDelete("cascade"),
        )
        .addColumn("kind", "text", (column) => column.notNull().check(sql`kind in ('read', 'sensor')`))
        .addColumn("label", "text", (column) => column.notNull())
        .addColumn("key_hash", "text", (column) => column.notNull().unique())
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("last_used_at", "bigint")
        .execute()
      await db.schema.createIndex("api_keys_account").on("api_keys").column("account_id").execute()
      await db.schema
        .createTable("audit_log")
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("time", "bigint", (column) => column.notNull())
        .addColumn("actor", "text", (column) => column.notNull())
        .addColumn("action", "text", (column) => column.notNull())
        .addColumn("detail", "text", (column) => column.notNull())
        .addColumn("address", "text", (column) => column.notNull())
        .execute()
      await db.schema.createIndex("audit_log_time").on("audit_log").column("time").execute()
    },
  },
}

/** The audit log: who changed what. Kept for a year. */
import { escapeText } from "@propolis/core"
import type { AccountsDatabase } from "./database.ts"

export interface AuditEntry {
  readonly actor: string
  readonly action: AuditAction
  readonly detail?: string
  readonly address?: string
}

export type AuditAction =
  | "account created"
  | "one-time password made"
  | "login"
  | "login refused"
  | "logout"
  | "password changed"
  | "key created"
  | "key revoked"

const keepMs = 366 * 86_400_000

/** Writes one entry. What came from a client is escaped and cut, so that the log can be shown anywhere. */
export async function writeAudit(database: AccountsDatabase, entry: AuditEntry, now: number): Promise<void> {
  const shown = (text: string) => escapeText(text.slice(0, 256))
  await database
    .insertInto("audit_log")
    .values({
      time: now,
      actor: shown(entry.actor),
      action: entry.action,
      detail: shown(entry.detail ?? ""),
      address: entry.address ?? "",
    })
    .execute()
}

export async function pruneAudit(database: AccountsDatabase, now: number): Promise<void> {
  await database
    .deleteFrom("audit_log")
    .where("time", "<", now - keepMs)
    .execute()
}

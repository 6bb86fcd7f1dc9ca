import { PropolisError } from "@propolis/core"
import type { Driver } from "../driver.ts"
import type { Dialect } from "./definition.ts"
import { migrations } from "./migrations.ts"

/** Brings the schema up to date. Every statement may run twice, so a crash in the middle is repaired by the next start. */
export async function migrate(
  driver: Driver,
  dialect: Dialect,
  log: (message: string) => void,
): Promise<void> {
  for (const statement of dialect.createTable({
    name: "schema_migrations",
    columns: ["version UInt32", "applied DateTime('UTC') DEFAULT now()"],
    engine: "MergeTree",
    orderBy: "version",
    shardBy: "version",
  })) {
    await driver.command(statement)
  }
  const [row] = await driver.query<{ version: number }>(
    "SELECT max(version) AS version FROM schema_migrations",
  )
  const current = row?.version ?? 0
  const newest = migrations.at(-1)!.version
  if (current > newest) {
    throw new PropolisError(
      "STORE_FAILED",
      `the store has schema version ${current}, this program knows ${newest}: it was used by a newer one`,
    )
  }
  for (const migration of migrations) {
    if (migration.version <= current) continue
    log(`store: schema version ${migration.version}: ${migration.description}`)
    for (const statement of migration.statements(dialect)) await driver.command(statement)
    await driver.command(`INSERT INTO schema_migrations (version) VALUES (${migration.version})`)
  }
}

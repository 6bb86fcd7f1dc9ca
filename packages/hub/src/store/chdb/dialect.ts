/** DDL of the embedded engine: plain tables that remember the tokens of their latest inserts. */
import {
  type Dialect,
  type RollupDefinition,
  rememberedInserts,
  settingsClause,
  sortingClauses,
  type TableDefinition,
} from "../schema/definition.ts"

export const embeddedDialect: Dialect = {
  createTable(table: TableDefinition) {
    const settings = settingsClause(table, {
      non_replicated_deduplication_window: rememberedInserts,
      fsync_after_insert: 1,
      fsync_part_directory: 1,
    })
    return [
      `CREATE TABLE IF NOT EXISTS ${table.name} (\n  ${table.columns.join(",\n  ")}\n) ENGINE = ${table.engine} ${sortingClauses(table)} ${settings}`,
    ]
  },
  createRollup(rollup: RollupDefinition) {
    return [
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${rollup.name} TO ${rollup.to} AS\n${rollup.select(rollup.from)}`,
    ]
  },
  dropPartition: (table, partitionId) => `ALTER TABLE ${table} DROP PARTITION ID '${partitionId}'`,
  storageName: (table) => table,
}

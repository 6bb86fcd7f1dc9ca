/** DDL of a ClickHouse server: as the embedded engine's, or replicated and distributed over a cluster. */

import { embeddedDialect } from "../chdb/dialect.ts"
import {
  type Dialect,
  type RollupDefinition,
  rememberedInserts,
  settingsClause,
  sortingClauses,
  type TableDefinition,
} from "../schema/definition.ts"

/** @param cluster Name of the cluster as the server's configuration has it; a single server where it is undefined. */
export function serverDialect(cluster: string | undefined): Dialect {
  return cluster === undefined ? embeddedDialect : clusterDialect(cluster)
}

/** Rows live in `NAME_local`, replicated within a shard; `NAME` distributes over the shards, for writing and reading. */
function clusterDialect(cluster: string): Dialect {
  if (!/^[A-Za-z0-9_-]+$/.test(cluster)) throw new RangeError(`not a cluster's name: ${cluster}`)
  const onCluster = `ON CLUSTER \`${cluster}\``
  return {
    createTable(table: TableDefinition) {
      const local = `${table.name}_local`
      const settings = settingsClause(table, {
        replicated_deduplication_window: rememberedInserts,
        replicated_deduplication_window_seconds: 7 * 24 * 3600,
        fsync_after_insert: 1,
      })
      const columnsOnly = table.columns.filter((column) => !/^(INDEX|PROJECTION) /.test(column))
      return [
        `CREATE TABLE IF NOT EXISTS ${local} ${onCluster} (\n  ${table.columns.join(",\n  ")}\n) ENGINE = Replicated${table.engine}('/clickhouse/tables/{shard}/propolis/${local}', '{replica}') ${sortingClauses(table)} ${settings}`,
        `CREATE TABLE IF NOT EXISTS ${table.name} ${onCluster} (\n  ${columnsOnly.join(",\n  ")}\n) ENGINE = Distributed('${cluster}', currentDatabase(), '${local}', cityHash64(${table.shardBy}))`,
      ]
    },
    createRollup(rollup: RollupDefinition) {
      return [
        `CREATE MATERIALIZED VIEW IF NOT EXISTS ${rollup.name} ${onCluster} TO ${rollup.to}_local AS\n${rollup.select(`${rollup.from}_local`)}`,
      ]
    },
    dropPartition: (table, partitionId) =>
      `ALTER TABLE ${table}_local ${onCluster} DROP PARTITION ID '${partitionId}'`,
    storageName: (table) => `${table}_local`,
  }
}

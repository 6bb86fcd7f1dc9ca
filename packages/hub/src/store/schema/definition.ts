/** What a table and a rollup are, without the engine clauses, which are each driver's own. */
export interface TableDefinition {
  readonly name: string
  /** Columns, indices and projections, as they stand in CREATE TABLE. */
  readonly columns: readonly string[]
  readonly engine: "MergeTree" | "AggregatingMergeTree"
  /** Expression; `day`, `week` or `month` of it decide what retention can drop at once. */
  readonly partitionBy?: string
  readonly orderBy: string
  /** Column by which a cluster spreads the rows. */
  readonly shardBy: string
  readonly settings?: Readonly<Record<string, number | string>>
}

/** A materialised view that feeds `to` with every insert into `from`. */
export interface RollupDefinition {
  readonly name: string
  readonly from: string
  readonly to: string
  /** Its query over the table of that name. */
  select(from: string): string
}

/** How one driver writes DDL. */
export interface Dialect {
  createTable(table: TableDefinition): string[]
  createRollup(rollup: RollupDefinition): string[]
  /** Statement that drops one partition by its id. */
  dropPartition(table: string, partitionId: string): string
  /** Name of the table that holds the parts. */
  storageName(table: string): string
}

/** Inserts that a table remembers by token: far more than one batch has. */
export const rememberedInserts = 1_000

/** `PARTITION BY … ORDER BY …`, the same for every engine. */
export function sortingClauses(table: TableDefinition): string {
  const partition = table.partitionBy === undefined ? "" : `PARTITION BY ${table.partitionBy} `
  return `${partition}ORDER BY ${table.orderBy}`
}

export function settingsClause(
  table: TableDefinition,
  settings: Readonly<Record<string, number | string>>,
): string {
  const all = { ...settings, ...table.settings }
  return `SETTINGS ${Object.entries(all)
    .map(([name, value]) => `${name} = ${typeof value === "number" ? value : `'${value}'`}`)
    .join(", ")}`
}

/** Versions of the schema, in order. What was released is never edited: a change is a new version. */
import type { Dialect } from "./definition.ts"
import { events } from "./events.ts"
import { rollups } from "./rollups.ts"

export interface Migration {
  readonly version: number
  readonly description: string
  statements(dialect: Dialect): string[]
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    description: "events, their rollups",
    statements: (dialect) => [
      ...dialect.createTable(events),
      ...rollups.flatMap(({ table }) => dialect.createTable(table)),
      ...rollups.flatMap(({ view }) => dialect.createRollup(view)),
    ],
  },
]

/** What the API needs of the hub around it. */

import type { Accounts, AdminToken } from "../accounts/index.ts"
import type { Attribution } from "../enrich/index.ts"
import type { LiveFeed } from "./live-feed.ts"
import type { Reads } from "./reads.ts"

export interface Health {
  readonly status: "ok" | "degraded"
  /** For anyone to read: no paths, no addresses. */
  readonly reasons: readonly string[]
}

/** One line of the Prometheus text format. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: "counter" | "gauge"
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

export interface ApiPorts {
  readonly accounts: Accounts
  readonly adminToken: AdminToken
  readonly reads: Reads
  readonly live: LiveFeed
  readonly mode: "private" | "community"
  readonly anonymous: "none" | "recent"
  readonly demo: boolean
  readonly version: string
  readonly attribution: readonly Attribution[]
  now(): number
  health(): Health
  metrics(): readonly Metric[]
  log(message: string): void
}

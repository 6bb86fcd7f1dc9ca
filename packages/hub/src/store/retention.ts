/** Expiry: whole partitions are dropped, which takes a fraction of a second however many events they hold. */
import type { Store } from "./driver.ts"
import { dayMs } from "./load/effective-time.ts"

export interface RetentionOptions {
  readonly store: Store
  readonly log: (message: string) => void
  /** Events, sessions, payloads, credentials. Default 90 days. */
  readonly retentionDays?: number
  /** Counts by hour and day. Default 400 days, never less than `retentionDays`. */
  readonly rollupRetentionDays?: number
  /** Default 1 h. */
  readonly everyMs?: number
  readonly now?: () => number
}

export interface Retention {
  /** Drops now what is over its time. Resolves to the number of partitions dropped. */
  run(): Promise<number>
  stop(): Promise<void>
}

/** Days that one partition spans, by table; retention keeps a partition until its last day is over its time. */
const partitions: readonly (readonly [table: string, span: "day" | "week" | "month"])[] = [
  ["events", "day"],
  ["payloads", "day"],
  ["credentials_daily", "day"],
  ["skewed_events", "day"],
  ["sessions", "week"],
  ["activity_hourly", "month"],
  ["hosts_hourly", "month"],
  ["services_hourly", "month"],
  ["service_hosts_hourly", "month"],
  ["host_days", "month"],
  ["hosts_daily", "month"],
]

/** Unix ms of the first moment after a partition. `id` is YYYYMMDD or YYYYMM. */
export function partitionEnd(id: string, span: "day" | "week" | "month"): number {
  const year = Number(id.slice(0, 4))
  const month = Number(id.slice(4, 6))
  if (span === "month") return Date.UTC(year, month, 1)
  return Date.UTC(year, month - 1, Number(id.slice(6, 8))) + (span === "week" ? 7 : 1) * dayMs
}

/** Starts dropping what is over its time, now and every hour. */
export function startRetention(options: RetentionOptions): Retention {
  const { store, log, retentionDays = 90 } = options
  const rollupRetentionDays = Math.max(retentionDays, options.rollupRetentionDays ?? 400)
  const now = options.now ?? Date.now
  let running: Promise<number> = Promise.resolve(0)

  const drop = async () => {
    let dropped = 0
    for (const [table, span] of partitions) {
      const name = store.dialect.storageName(table)
      const rows = await store.query<{ id: string }>(
        "SELECT DISTINCT partition_id AS id FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND active",
        { table: name },
      )
      const oldest = now() - (span === "month" ? rollupRetentionDays : retentionDays) * dayMs
      for (const { id } of rows) {
        if (!/^\d{6}(\d{2})?$/.test(id) || partitionEnd(id, span) > oldest) continue
        await store.command(store.dialect.dropPartition(table, id))
        log(`store: dropped ${table} ${id}`)
        dropped++
      }
    }
    return dropped
  }
  const run = () => {
    const next = running.catch(() => 0).then(drop)
    running = next
    return next
  }
  const attempt = () => {
    run().catch((error: Error) => log(`store: retention failed: ${error.message}`))
  }
  const timer = setInterval(attempt, options.everyMs ?? 3_600_000)
  timer.unref()
  attempt()
  return {
    run,
    async stop() {
      clearInterval(timer)
      await running.catch(() => 0)
    },
  }
}

import type { SessionPage, SessionRow } from "@propolis/core"
import type { Store } from "../driver.ts"
import { hourMs } from "./hour-span.ts"
import { sessionRowColumns } from "./session-row.ts"

/** How far apart a session's rows may lie. A session that goes on for longer is shown as more than one part of a page's span. */
const reachHours = 24

const hoursSql = `
SELECT toUnixTimestamp(hour) AS at, sum(connections) AS begun FROM sessions
WHERE remote_host = {host:String} AND hour >= {fromHour:UInt32} AND hour <= {lastHour:UInt32}
GROUP BY hour ORDER BY hour DESC`

const sql = `
SELECT * FROM (
  SELECT ${sessionRowColumns}
  FROM sessions AS t
  WHERE remote_host = {host:String} AND hour >= {firstHour:UInt32} - {reach:UInt32} AND hour <= {lastHour:UInt32} + {reach:UInt32}
  GROUP BY remote_host, t.session
)
WHERE startedAt >= {oldest:Int64} AND (startedAt < {beforeTime:Int64} OR (startedAt = {beforeTime:Int64} AND session < {beforeSession:String}))
ORDER BY startedAt DESC, session DESC LIMIT {limit:UInt32}`

/** Far enough: the year 2100. */
const endOfTime = 4_102_444_800_000

export interface HostSessionsOptions {
  readonly host: string
  /** `next` of the page before. */
  readonly before?: string
  /** 1 to 200. */
  readonly limit: number
  /** Sessions that began before this are left out. Unix ms. */
  readonly from?: number
}

/** A host's sessions, newest first. A cursor that is none is taken as the first page's. */
export async function hostSessions(store: Store, options: HostSessionsOptions): Promise<SessionPage> {
  const { host, limit, from = 0 } = options
  const before = parseCursor(options.before)
  const lastHour = Math.floor(Math.min(before.time, endOfTime) / hourMs) * 3600
  const fromHour = Math.floor(Math.max(0, from) / hourMs) * 3600
  const hours = await store.query<{ at: number; begun: number }>(hoursSql, { host, fromHour, lastHour })
  if (hours.length === 0) return { rows: [], next: null }

  // How far back the page reaches: far enough for its sessions to have begun there, and further where that was not enough.
  let wanted = limit + 1
  for (;;) {
    const firstHour = hourThatHolds(hours, wanted)
    const isOldest = firstHour === hours.at(-1)!.at
    const rows = await store.query<SessionRow>(sql, {
      host,
      firstHour,
      lastHour,
      reach: reachHours * 3600,
      oldest: Math.max(from, isOldest ? 0 : firstHour * 1000),
      beforeTime: before.time,
      beforeSession: before.session,
      limit: limit + 1,
    })
    if (rows.length <= limit && !isOldest) {
      wanted *= 4
      continue
    }
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return { rows: page, next: rows.length > limit && last ? `${last.startedAt}_${last.session}` : null }
  }
}

/** The newest hour such that `wanted` sessions began in it or after it. */
function hourThatHolds(hours: readonly { at: number; begun: number }[], wanted: number): number {
  let begun = 0
  for (const hour of hours) {
    begun += hour.begun
    if (begun >= wanted) return hour.at
  }
  return hours.at(-1)!.at
}

function parseCursor(text: string | undefined): { time: number; session: string } {
  const match = /^(\d{1,15})_([0-9a-f-]{36})$/.exec(text ?? "")
  return match === null ? { time: endOfTime, session: "" } : { time: Number(match[1]), session: match[2]! }
}

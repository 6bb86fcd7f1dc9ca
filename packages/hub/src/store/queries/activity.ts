import type { Activity } from "@propolis/core"
import type { Store } from "../driver.ts"
import { dayText, hourMs, hourParameters, type Span, wholeHours } from "./hour-span.ts"

const sql = `
SELECT toUnixTimestamp(hour) AS at, sum(connections) AS connections,
  sumIf(events, event = 'RX') AS received, sumIf(events, event = 'TX') AS transmitted
FROM activity_hourly
WHERE hour >= {fromHour:UInt32} AND hour < {toHour:UInt32}
GROUP BY hour`

const hostsSql = `
SELECT uniqExact(remote_host) AS hosts FROM (
  SELECT remote_host FROM hosts_daily WHERE day >= {firstWholeDay:Date} AND day < {endWholeDay:Date}
  UNION ALL
  SELECT remote_host FROM hosts_hourly
  WHERE (hour >= {fromHour:UInt32} AND hour < {headEnd:UInt32}) OR (hour >= {tailStart:UInt32} AND hour < {toHour:UInt32})
)`

interface Row {
  readonly at: number
  readonly connections: number
  readonly received: number
  readonly transmitted: number
}

/** Connections, received and transmitted events by hour, with the sums of the same span before. Every hour that the span touches. */
export async function activity(store: Store, span: Span): Promise<Activity> {
  const { from, to } = wholeHours(span)
  const [rows, [hosts]] = await Promise.all([
    store.query<Row>(sql, hourParameters({ from: from - (to - from), to })),
    store.query<{ hosts: number }>(hostsSql, hostParameters({ from, to })),
  ])
  const times: number[] = []
  for (let at = from; at < to; at += hourMs) times.push(at)
  const series = () => new Array<number>(times.length).fill(0)
  const result = { connections: series(), received: series(), transmitted: series() }
  const totals = { connections: 0, received: 0, transmitted: 0, hosts: hosts?.hosts ?? 0 }
  const previous = { connections: 0, received: 0, transmitted: 0 }
  for (const row of rows) {
    const index = (row.at * 1000 - from) / hourMs
    const sums = index < 0 ? previous : totals
    for (const name of ["connections", "received", "transmitted"] as const) {
      sums[name] += row[name]
      if (index >= 0) result[name][index] = row[name]
    }
  }
  return { from, to, bucketMs: hourMs, times, ...result, totals, previous }
}

/** Whole days come from the days' rollup, the hours at both ends from the hours'. */
function hostParameters(span: Span): Record<string, string | number> {
  const dayMs = 24 * hourMs
  const first = Math.ceil(span.from / dayMs)
  const end = Math.max(first, Math.floor(span.to / dayMs))
  const headEnd = Math.min(span.to, first * dayMs)
  const tailStart = Math.max(headEnd, end * dayMs)
  return {
    ...hourParameters(span),
    firstWholeDay: dayText(first * dayMs),
    endWholeDay: dayText(end * dayMs),
    headEnd: headEnd / 1000,
    tailStart: tailStart / 1000,
  }
}

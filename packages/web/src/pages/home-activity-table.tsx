import type { Activity } from "@propolis/core"
import { useMemo } from "react"
import { isRunning } from "../charts/activity-chart.tsx"
import { formatCount } from "../parts/format.ts"
import { ScrollRegion } from "../parts/scroll-region.tsx"

const slot = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
})

/** The chart's numbers, newest hour first; hours without any event are left out. */
export function ActivityTable({ activity }: { activity: Activity }) {
  const rows = useMemo(
    () =>
      activity.times
        .map((time, i) => ({
          time,
          running: isRunning(activity, i),
          connections: activity.connections[i] ?? 0,
          received: activity.received[i] ?? 0,
          transmitted: activity.transmitted[i] ?? 0,
        }))
        .filter((row) => row.connections + row.received + row.transmitted > 0)
        .reverse(),
    [activity],
  )
  return (
    <ScrollRegion className="table-scroll table-tall" label="Activity by the hour">
      <table className="table">
        <caption className="hidden-visually">Events per hour, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Hour from</th>
            <th scope="col" className="number">
              Connections
            </th>
            <th scope="col" className="number">
              Received
            </th>
            <th scope="col" className="number">
              Transmitted
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.time}>
              <th scope="row" className="time">
                {slot.format(row.time)}
                {row.running && <span className="soft"> so far</span>}
              </th>
              <td className="number">{formatCount(row.connections)}</td>
              <td className="number">{formatCount(row.received)}</td>
              <td className="number">{formatCount(row.transmitted)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

import type { Activity } from "@propolis/core"
import { activitySeries, type SeriesName } from "../charts/activity-chart.tsx"
import { formatCount, formatShare } from "../parts/format.ts"
import { IconDown, IconUp } from "../parts/icons.tsx"

interface ActivityTotalsProps {
  activity: Activity
  days: number
  hidden: ReadonlySet<SeriesName>
  onToggle: (name: SeriesName) => void
}

/** The totals, which are the chart's legend too: a press takes a series out of the chart. */
export function ActivityTotals({ activity, days, hidden, onToggle }: ActivityTotalsProps) {
  const before = days === 1 ? "the day before" : days === 7 ? "the week before" : `the ${days} days before`
  return (
    <div className="totals">
      {activitySeries.map(({ name, label }) => (
        <button
          key={name}
          type="button"
          className="total"
          style={{ "--key": `var(--series-${name})` } as React.CSSProperties}
          aria-pressed={!hidden.has(name)}
          title={hidden.has(name) ? "Show it in the chart" : "Take it out of the chart"}
          onClick={() => onToggle(name)}
        >
          <span className="total-label">
            <i className="total-key" />
            {label}
          </span>
          <span className="total-value">{formatCount(activity.totals[name])}</span>
          <Change now={activity.totals[name]} then={activity.previous[name]} before={before} />
        </button>
      ))}
      <div className="total">
        <span className="total-label">Hosts</span>
        <span className="total-value">{formatCount(activity.totals.hosts)}</span>
        <span className="small soft">different addresses</span>
      </div>
    </div>
  )
}

/** More attacks are neither good nor bad: an arrow, no colour. */
function Change({ now, then, before }: { now: number; then: number; before: string }) {
  if (then === 0) return <span className="small soft">nothing {before}</span>
  const change = now / then - 1
  const text = Math.abs(change) >= 10 ? `×${(now / then).toFixed(0)}` : formatShare(Math.abs(change))
  return (
    <span className="small soft change">
      {change !== 0 && (change > 0 ? <IconUp size={13} /> : <IconDown size={13} />)}
      <span className="hidden-visually">{change > 0 ? "up" : change < 0 ? "down" : "unchanged"}</span>
      <b>{text}</b> on {before}
    </span>
  )
}

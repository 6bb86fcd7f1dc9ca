import "./charts.css"
import type { Activity } from "@propolis/core"
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react"
import { formatCompact, formatCount } from "../parts/format.ts"
import { countTicks, timeTicks } from "./activity-scale.ts"

export const activitySeries = [
  { name: "connections", label: "Connections" },
  { name: "received", label: "Received" },
  { name: "transmitted", label: "Transmitted" },
] as const
export type SeriesName = (typeof activitySeries)[number]["name"]

const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" })
const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })

const heightPx = 300
const topPx = 12
const bottomPx = 28
const rightPx = 6
/** What a label takes, with the space to the next one. */
const hourLabelPx = 58
const dayLabelPx = 84

interface ActivityChartProps {
  activity: Activity
  hidden: ReadonlySet<SeriesName>
}

/**
 * Activity by the hour as lines. Drawn here and not by ECharts, because it is on the first page that anybody loads: three
 * lines are no reason for the weight of a chart library. Every hour is drawn, so that no peak is lost.
 */
export function ActivityChart({ activity, hidden }: ActivityChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [pointed, setPointed] = useState<number>()
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)))
    observer.observe(box.current!)
    return () => observer.disconnect()
  }, [])
  const plot = useMemo(
    () => (width > 0 ? layOut(activity, hidden, width) : undefined),
    [activity, hidden, width],
  )
  const point = (event: PointerEvent) => {
    if (plot === undefined) return
    const at = Math.floor(plot.slotAt(event.clientX - box.current!.getBoundingClientRect().left))
    setPointed(at >= 0 && at < activity.times.length ? at : undefined)
  }
  const { totals } = activity
  return (
    <div
      ref={box}
      role="img"
      aria-label={`Line chart of activity by the hour from ${day.format(activity.from)} to ${day.format(activity.to)}: ${formatCount(totals.connections)} connections, ${formatCount(totals.received)} received, ${formatCount(totals.transmitted)} transmitted. The table has every number.`}
      className="chart activity-chart"
      style={{ height: heightPx }}
      onPointerMove={point}
      onPointerDown={point}
      onPointerLeave={() => setPointed(undefined)}
    >
      {plot !== undefined && (
        <svg width={width} height={heightPx} aria-hidden="true" focusable="false">
          {plot.counts.map(({ y, text }) => (
            <g key={text}>
              <line x1={plot.left} x2={width - rightPx} y1={y} y2={y} className="chart-grid" />
              <text x={plot.left - 8} y={y} dy="0.35em" textAnchor="end">
                {text}
              </text>
            </g>
          ))}
          {plot.times.map(({ x, text }) => (
            <text key={x} x={x} y={heightPx - 6} textAnchor="middle">
              {text}
            </text>
          ))}
          {pointed !== undefined && (
            <line
              x1={plot.xOf(pointed)}
              x2={plot.xOf(pointed)}
              y1={topPx}
              y2={heightPx - bottomPx}
              className="chart-pointer"
            />
          )}
          {plot.lines.map(({ name, finished, area, running, end }) => (
            <g key={name} style={{ color: `var(--series-${name})` }}>
              {area !== "" && <path d={area} className="chart-area" />}
              <path d={finished} className="chart-line" />
              <path d={running} className="chart-line" strokeDasharray="2 4" data-running />
              <circle cx={end.x} cy={end.y} r="3" className="chart-running" />
            </g>
          ))}
        </svg>
      )}
      {plot !== undefined && pointed !== undefined && (
        <PointedHour activity={activity} hidden={hidden} at={pointed} x={plot.xOf(pointed)} widthPx={width} />
      )}
    </div>
  )
}

/** The hub's answer ends with the hour that is not over: its numbers still grow. */
export function isRunning(activity: Activity, at: number): boolean {
  return at === activity.times.length - 1
}

function layOut(activity: Activity, hidden: ReadonlySet<SeriesName>, width: number) {
  const shown = activitySeries.filter(({ name }) => !hidden.has(name))
  const ticks = countTicks(Math.max(0, ...shown.map(({ name }) => Math.max(0, ...activity[name]))))
  const texts = ticks.map(formatCompact)
  const left = 10 + Math.max(...texts.map((text) => text.length)) * 7.5
  const base = heightPx - bottomPx
  const span = width - left - rightPx
  const slots = activity.times.length
  const xOf = (at: number) => left + ((at + 0.5) / slots) * span
  const yOf = (count: number) => base - (count / ticks.at(-1)!) * (base - topPx)
  const short = slots <= 48
  return {
    left,
    xOf,
    slotAt: (x: number) => ((x - left) / span) * slots,
    counts: ticks.map((tick, i) => ({ y: yOf(tick), text: texts[i]! })),
    times: timeTicks(
      activity.from,
      activity.to,
      Math.max(2, Math.floor(span / (short ? hourLabelPx : dayLabelPx))),
    )
      .map((time) => ({
        x: left + ((time - activity.from) / (activity.to - activity.from)) * span,
        text: short ? hour.format(time) : day.format(time),
      }))
      .filter(({ x }) => x < width - (short ? 20 : 36)),
    lines: shown.map(({ name }) => {
      const spots = activity[name].map((count, i) => `${xOf(i).toFixed(1)} ${yOf(count).toFixed(1)}`)
      const finished = `M${spots.slice(0, -1).join("L")}`
      const end = { x: xOf(slots - 1), y: yOf(activity[name].at(-1) ?? 0) }
      return {
        name,
        finished,
        // One filled curve is enough: three mix to mud.
        area: name === "connections" ? `${finished}L${xOf(slots - 2)} ${base}L${xOf(0)} ${base}Z` : "",
        running: `M${spots.slice(-2).join("L")}`,
        end,
      }
    }),
  }
}

interface PointedHourProps extends ActivityChartProps {
  at: number
  x: number
  widthPx: number
}

function PointedHour({ activity, hidden, at, x, widthPx }: PointedHourProps) {
  const start = activity.times[at] ?? 0
  const side = x > widthPx / 2 ? { right: widthPx - x + 12 } : { left: x + 12 }
  return (
    <div className="chart-tooltip chart-tooltip-box" style={side}>
      <strong>
        {day.format(start)}, {hour.format(start)}–{hour.format(start + activity.bucketMs)}
      </strong>
      {activitySeries
        .filter(({ name }) => !hidden.has(name))
        .map(({ name, label }) => (
          <div key={name}>
            <i style={{ background: `var(--series-${name})` }} />
            <span>{label}</span>
            <b>{formatCount(activity[name][at] ?? 0)}</b>
          </div>
        ))}
      {isRunning(activity, at) && <em>so far: this hour is not over</em>}
    </div>
  )
}

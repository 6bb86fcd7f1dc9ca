import type { HostSummary } from "@propolis/core"
import { useMemo } from "react"
import { formatCompact, formatCount, formatUtcDay } from "../parts/format.ts"
import type { ChartColors } from "../theme/chart-colors.ts"
import { Chart } from "./chart.tsx"
import { tooltipElement, tooltipStyle } from "./tooltip.ts"
import { chartFont, useChartColors } from "./use-chart-colors.ts"

const dayMs = 86_400_000
/** Fewer days than this look like a slip; the axis is filled up with the days before. */
const leastDays = 14
const mostDays = 92

/** One bar a day (UTC, as the hub counts), days without events included. */
export function DaysChart({ days }: { days: HostSummary["days"] }) {
  const colors = useChartColors()
  const filled = useMemo(() => fill(days), [days])
  const option = useMemo(
    () => ({
      textStyle: { fontFamily: chartFont },
      grid: {
        left: 0,
        right: 8,
        top: 12,
        bottom: 6,
        outerBoundsMode: "same",
        outerBoundsContain: "axisLabel",
      },
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "none" },
        ...tooltipStyle(colors),
        formatter: (points: { dataIndex: number }[]) => {
          const row = filled[points[0]?.dataIndex ?? 0]
          if (row === undefined) return ""
          const soFar = isRunning(row.day) ? ", so far" : ""
          return tooltipElement(`${formatUtcDay(row.day)} (UTC)${soFar}`, [
            { color: colors.connections, label: "Events", value: formatCount(row.events) },
            { label: "Connections", value: formatCount(row.connections) },
          ])
        },
      },
      xAxis: {
        type: "category",
        data: filled.map(({ day }) => formatUtcDay(day)),
        axisLine: { lineStyle: { color: colors.line } },
        axisTick: { show: false },
        axisLabel: {
          color: colors.inkSoft,
          fontSize: 12,
          hideOverlap: true,
          formatter: (text: string) => text.replace(/ \d{4}$/, ""),
        },
      },
      yAxis: {
        type: "value",
        minInterval: 1,
        splitNumber: 3,
        splitLine: { lineStyle: { color: colors.line } },
        axisLabel: { color: colors.inkSoft, fontSize: 12, formatter: formatCompact },
      },
      series: [
        {
          type: "bar",
          barMaxWidth: 28,
          itemStyle: { color: colors.connections, borderRadius: [3, 3, 0, 0] },
          data: filled.map(({ day, events }) => ({
            value: events,
            // An outline, not a full bar: the day is not over.
            ...(isRunning(day) ? { itemStyle: unfinished(colors) } : {}),
          })),
        },
      ],
    }),
    [filled, colors],
  )
  return (
    <Chart
      option={option}
      heightPx={200}
      description={`Bar chart of events per day, ${days.length} days with events. The table has every number.`}
    />
  )
}

/** Whether a day (its start in UTC) is not over yet: its numbers still grow. */
export function isRunning(day: number): boolean {
  return day + dayMs > Date.now()
}

function unfinished({ connections, surface }: ChartColors) {
  return { color: surface, borderColor: connections, borderWidth: 1.5, borderType: "dashed" }
}

function fill(days: HostSummary["days"]): HostSummary["days"] {
  const known = new Map(days.map((row) => [row.day, row]))
  const last = Math.max(...known.keys())
  const first = Math.max(
    Math.min(...known.keys(), last - (leastDays - 1) * dayMs),
    last - (mostDays - 1) * dayMs,
  )
  const filled: HostSummary["days"] = []
  for (let day = first; day <= last; day += dayMs)
    filled.push(known.get(day) ?? { day, connections: 0, events: 0 })
  return filled
}

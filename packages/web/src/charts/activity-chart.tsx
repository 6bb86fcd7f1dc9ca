import type { Activity } from "@propolis/core"
import { useMemo } from "react"
import { formatCompact, formatCount } from "../parts/format.ts"
import { activityEngine, Chart } from "./chart.tsx"
import { tooltipElement, tooltipStyle } from "./tooltip.ts"
import { chartFont, useChartColors } from "./use-chart-colors.ts"

export const activitySeries = [
  { name: "connections", label: "Connections" },
  { name: "received", label: "Received" },
  { name: "transmitted", label: "Transmitted" },
] as const
export type SeriesName = (typeof activitySeries)[number]["name"]

const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" })
const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })

interface ActivityChartProps {
  activity: Activity
  hidden: ReadonlySet<SeriesName>
}

export function ActivityChart({ activity, hidden }: ActivityChartProps) {
  const colors = useChartColors()
  const option = useMemo(() => {
    const shown = activitySeries.filter(({ name }) => !hidden.has(name))
    const short = activity.times.length <= 48
    return {
      textStyle: { fontFamily: chartFont },
      grid: {
        left: 4,
        right: 12,
        top: 16,
        bottom: 4,
        outerBoundsMode: "same",
        outerBoundsContain: "axisLabel",
      },
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "line", lineStyle: { color: colors.inkSoft, type: "dashed" } },
        ...tooltipStyle(colors),
        formatter: (points: { dataIndex: number }[]) => {
          const at = points[0]?.dataIndex ?? 0
          const start = activity.times[at] ?? 0
          const end = start + activity.bucketMs
          return tooltipElement(
            `${day.format(start)}, ${hour.format(start)}–${hour.format(end)}${end > Date.now() ? " so far" : ""}`,
            shown.map(({ name, label }) => ({
              color: colors[name],
              label,
              value: formatCount(activity[name][at] ?? 0),
            })),
          )
        },
      },
      xAxis: {
        type: "time",
        min: activity.from,
        max: activity.to,
        axisLine: { lineStyle: { color: colors.line } },
        axisTick: { show: false },
        splitNumber: short ? 6 : 7,
        axisLabel: {
          color: colors.inkSoft,
          fontSize: 12,
          hideOverlap: true,
          formatter: (time: number) => (short ? hour.format(time) : day.format(time)),
        },
        ...(short ? {} : { minInterval: 86_400_000 }),
      },
      yAxis: {
        type: "value",
        minInterval: 1,
        splitNumber: 4,
        splitLine: { lineStyle: { color: colors.line } },
        axisLabel: { color: colors.inkSoft, fontSize: 12, formatter: formatCompact },
      },
      series: shown.map(({ name, label }) => ({
        type: "line",
        name: label,
        showSymbol: false,
        sampling: "lttb",
        color: colors[name],
        lineStyle: { width: 1.75, color: colors[name] },
        // One filled curve is enough: three mix to mud.
        ...(name === "connections" ? { z: 3, areaStyle: { color: colors[name], opacity: 0.16 } } : {}),
        emphasis: { disabled: true },
        data: activity.times.map((time, i) => [time, activity[name][i] ?? 0]),
      })),
    }
  }, [activity, hidden, colors])
  const { totals } = activity
  return (
    <Chart
      engine={activityEngine}
      option={option}
      heightPx={300}
      description={`Line chart of activity by the hour from ${day.format(activity.from)} to ${day.format(activity.to)}: ${formatCount(totals.connections)} connections, ${formatCount(totals.received)} received, ${formatCount(totals.transmitted)} transmitted. The table has every number.`}
    />
  )
}

import { useMemo } from "react"
import { formatCompact, formatCount, formatShare } from "../parts/format.ts"
import { Chart } from "./chart.tsx"
import { tooltipElement, tooltipStyle } from "./tooltip.ts"
import { chartFont, chartMono, useChartColors } from "./use-chart-colors.ts"

export interface RankedRow {
  /** What a click gives back. */
  readonly name: string
  readonly value: number
}

interface RankingProps {
  rows: readonly RankedRow[]
  /** What is ranked and what is counted: "Addresses by connections". */
  title: string
  unit: string
  mono?: boolean
  heightPx?: number
  onSelect: (name: string) => void
}

/** At most 24 characters: an IPv6 address keeps both ends. */
function shorten(name: string): string {
  return name.length <= 22 ? name : `${name.slice(0, 11)}…${name.slice(-9)}`
}

function describe(kind: string, title: string, rows: readonly RankedRow[]): string {
  const first = rows
    .slice(0, 3)
    .map(({ name, value }) => `${name} ${formatCount(value)}`)
    .join(", ")
  return `${kind}: ${title}. ${rows.length} shown; first ${first}. The table has every number.`
}

export function RankingPie({ rows, title, unit, onSelect, heightPx = 300 }: RankingProps) {
  const colors = useChartColors()
  const option = useMemo(() => {
    const total = rows.reduce((sum, { value }) => sum + value, 0)
    return {
      textStyle: { fontFamily: chartFont },
      tooltip: {
        trigger: "item",
        ...tooltipStyle(colors),
        formatter: ({ name, value, color }: { name: string; value: number; color: string }) =>
          tooltipElement(name, [
            {
              color,
              label: unit,
              value: `${formatCount(value)} (${formatShare(value / Math.max(1, total))})`,
            },
          ]),
      },
      series: [
        {
          type: "pie",
          radius: ["52%", "86%"],
          cursor: "pointer",
          itemStyle: { borderColor: colors.surface, borderWidth: 2, borderRadius: 3 },
          label: {
            position: "center",
            formatter: `{total|${formatCompact(total)}}\n{unit|${unit}}`,
            rich: {
              total: {
                fontSize: 24,
                lineHeight: 28,
                fontWeight: 600,
                color: colors.ink,
                fontFamily: chartFont,
              },
              unit: { fontSize: 12, lineHeight: 18, color: colors.inkSoft, fontFamily: chartFont },
            },
          },
          labelLine: { show: false },
          emphasis: { scaleSize: 5 },
          data: rows.map(({ name, value }, i) => ({
            name,
            value,
            itemStyle: { color: colors.ranks[i % colors.ranks.length] },
            // The sum in the middle belongs to no slice: one writes it, or it would be written once for each.
            label: { show: i === 0 },
            emphasis: { label: { show: i === 0 } },
          })),
        },
      ],
    }
  }, [rows, unit, colors])
  return (
    <Chart
      option={option}
      heightPx={heightPx}
      description={describe("Pie chart", title, rows)}
      onSelect={onSelect}
    />
  )
}

export function RankingBars({
  rows,
  title,
  unit,
  mono = false,
  onSelect,
  // A bar stays a bar where there are few of them.
  heightPx = Math.max(60, rows.length * 30),
}: RankingProps) {
  const colors = useChartColors()
  const option = useMemo(
    () => ({
      textStyle: { fontFamily: chartFont },
      grid: {
        left: 0,
        right: 48,
        top: 4,
        bottom: 0,
        outerBoundsMode: "same",
        outerBoundsContain: "axisLabel",
      },
      tooltip: {
        trigger: "item",
        ...tooltipStyle(colors),
        formatter: ({ name, value, color }: { name: string; value: number; color: string }) =>
          tooltipElement(name, [{ color, label: unit, value: formatCount(value) }]),
      },
      xAxis: { type: "value", show: false },
      yAxis: {
        type: "category",
        inverse: true,
        // Makes the labels clickable as the bars are.
        triggerEvent: true,
        data: rows.map(({ name }) => name),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: {
          color: colors.ink,
          fontSize: 12,
          fontFamily: mono ? chartMono : chartFont,
          formatter: shorten,
        },
      },
      series: [
        {
          type: "bar",
          cursor: "pointer",
          barMaxWidth: 20,
          barCategoryGap: "28%",
          label: {
            show: true,
            position: "right",
            color: colors.inkSoft,
            fontSize: 12,
            formatter: ({ value }: { value: number }) => formatCompact(value),
          },
          itemStyle: { borderRadius: [0, 4, 4, 0] },
          data: rows.map(({ value }, i) => ({
            value,
            itemStyle: { color: colors.ranks[i % colors.ranks.length] },
          })),
        },
      ],
    }),
    [rows, unit, mono, colors],
  )
  return (
    <Chart
      option={option}
      heightPx={heightPx}
      description={describe("Bar chart", title, rows)}
      onSelect={onSelect}
    />
  )
}

import { useComputedColorScheme } from "@mantine/core"
import { type ChartColors, chartColors } from "../theme/chart-colors.ts"

export function useChartColors(): ChartColors {
  return chartColors[useComputedColorScheme("light", { getInitialValueInEffect: false })]
}

/** What ECharts sets in its labels; the page's own typeface. */
export const chartFont = '"IBM Plex Sans", system-ui, sans-serif'
export const chartMono = '"IBM Plex Mono", ui-monospace, monospace'

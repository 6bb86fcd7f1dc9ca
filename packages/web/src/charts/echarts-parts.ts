/** What the rankings and the chart of days need of ECharts; loaded with the first of them, never with Home. */
import { BarChart, PieChart } from "echarts/charts"
import { GridComponent, TooltipComponent } from "echarts/components"
import { init, use } from "echarts/core"
import { SVGRenderer } from "echarts/renderers"

use([BarChart, PieChart, GridComponent, TooltipComponent, SVGRenderer])

export { init }

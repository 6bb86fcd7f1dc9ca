/** The parts of ECharts that the pages use; a chunk of its own, loaded with the first chart. */
import { BarChart, LineChart, PieChart } from "echarts/charts"
import { GridComponent, TooltipComponent } from "echarts/components"
import { init, use } from "echarts/core"
import { SVGRenderer } from "echarts/renderers"

use([BarChart, LineChart, PieChart, GridComponent, TooltipComponent, SVGRenderer])

export { init }

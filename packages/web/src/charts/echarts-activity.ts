/** What Home's chart needs of ECharts and nothing else: it is part of the first page that anybody loads. */
import { LineChart } from "echarts/charts"
import { GridComponent, TooltipComponent } from "echarts/components"
import { init, use } from "echarts/core"
import { SVGRenderer } from "echarts/renderers"

use([LineChart, GridComponent, TooltipComponent, SVGRenderer])

export { init }

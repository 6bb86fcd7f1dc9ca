import "./charts.css"
import type { EChartsCoreOption, EChartsType } from "echarts/core"
import { useEffect, useRef, useState } from "react"
import { Failure } from "../parts/failure.tsx"

interface ChartProps {
  option: EChartsCoreOption
  /** The chart in one sentence, for readers who do not see it; the table has the numbers. */
  description: string
  heightPx: number
  /** Name of the category whose slice, bar or label was clicked. */
  onSelect?: (name: string) => void
}

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)")

/** One ECharts instance, drawn as SVG, that follows its box and its option. */
export function Chart({ option, description, heightPx, onSelect }: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const [chart, setChart] = useState<EChartsType>()
  const [failure, setFailure] = useState<Error>()
  const [attempt, setAttempt] = useState(0)
  const select = useRef(onSelect)
  useEffect(() => {
    select.current = onSelect
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is asked for by its number
  useEffect(() => {
    let made: EChartsType | undefined
    let gone = false
    const observer = new ResizeObserver(() => made?.resize())
    import("./echarts-parts.ts").then(
      ({ init }) => {
        const element = box.current
        if (gone || element === null) return
        made = init(element, null, { renderer: "svg" })
        made.on("click", (event) => {
          const name = event.componentType === "yAxis" ? String(event.value) : event.name
          if (name) select.current?.(name)
        })
        observer.observe(element)
        setChart(made)
      },
      (error: Error) => setFailure(error),
    )
    return () => {
      gone = true
      observer.disconnect()
      made?.dispose()
      setChart(undefined)
    }
  }, [attempt])

  useEffect(() => {
    chart?.setOption(
      { animation: !reducedMotion.matches, animationDuration: 350, animationDurationUpdate: 250, ...option },
      { notMerge: true },
    )
  }, [chart, option])

  if (failure !== undefined) {
    const retry = () => {
      setFailure(undefined)
      setAttempt(attempt + 1)
    }
    return <Failure error={failure} retry={retry} />
  }
  return (
    <div
      ref={box}
      role="img"
      aria-label={description}
      className="chart"
      data-ready={chart !== undefined || undefined}
      style={{ height: heightPx }}
    />
  )
}

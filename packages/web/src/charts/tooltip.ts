import type { ChartColors } from "../theme/chart-colors.ts"

export interface TooltipLine {
  readonly color?: string | undefined
  readonly label: string
  readonly value: string
}

/** A tooltip of elements: text goes in as text, so that a name chosen by somebody outside stays one. */
export function tooltipElement(title: string, lines: readonly TooltipLine[]): HTMLElement {
  const root = document.createElement("div")
  root.className = "chart-tooltip"
  const head = document.createElement("strong")
  head.textContent = title
  root.append(head)
  for (const { color, label, value } of lines) {
    const line = document.createElement("div")
    const key = document.createElement("i")
    if (color !== undefined) key.style.background = color
    const name = document.createElement("span")
    name.textContent = label
    const number = document.createElement("b")
    number.textContent = value
    line.append(key, name, number)
    root.append(line)
  }
  return root
}

export function tooltipStyle(colors: ChartColors) {
  return {
    backgroundColor: colors.surface,
    borderColor: colors.line,
    borderWidth: 1,
    padding: [8, 12],
    textStyle: { color: colors.ink, fontSize: 13 },
    extraCssText: "border-radius:8px;box-shadow:0 6px 24px rgb(0 0 0 / 14%)",
    confine: true,
  }
}

import { SegmentedControl } from "@mantine/core"

interface RangeControlProps {
  label: string
  value: number
  choices: readonly { readonly value: number; readonly label: string }[]
  onChange: (value: number) => void
}

export function RangeControl({ label, value, choices, onChange }: RangeControlProps) {
  return (
    <SegmentedControl
      aria-label={label}
      size="xs"
      data={choices.map((choice) => ({ value: String(choice.value), label: choice.label }))}
      value={String(value)}
      onChange={(chosen) => onChange(Number(chosen))}
    />
  )
}

export const hourLabels = [
  { value: 1, label: "1 h" },
  { value: 6, label: "6 h" },
  { value: 24, label: "24 h" },
  { value: 168, label: "7 days" },
]

/** In a sentence: "in the last 24 hours". */
export function spanOf(hours: number): string {
  if (hours === 1) return "the last hour"
  return hours === 168 ? "the last seven days" : `the last ${hours} hours`
}

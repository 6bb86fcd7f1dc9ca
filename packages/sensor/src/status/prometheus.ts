/** The Prometheus text exposition format 0.0.4. */

export type MetricType = "counter" | "gauge"

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

export interface Metric {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly samples: readonly Sample[]
}

/** The text of some metrics; those without samples are left out. */
export function prometheusText(metrics: readonly Metric[]): string {
  let text = ""
  for (const { name, type, help, samples } of metrics) {
    if (samples.length === 0) continue
    text += `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`
    for (const { labels, value } of samples) text += `${name}${labelText(labels)} ${numberText(value)}\n`
  }
  return text
}

function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => {
    return `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`
  })
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN"
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? "+Inf" : "-Inf"
}

/** `eventsUnjournaled` → `events_unjournaled`. */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
}

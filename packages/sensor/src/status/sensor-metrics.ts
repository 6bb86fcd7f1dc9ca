/** The sensor's metrics, all named propolis_sensor_… */
import { type Metric, type Sample, snakeCase } from "./prometheus.ts"
import type { SensorStatus } from "./sensor-status.ts"

/** What the process costs. */
export interface ProcessUsage {
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly cpuUserSeconds: number
  readonly cpuSystemSeconds: number
  /** Seconds; since the last look. */
  readonly loopDelayP99: number
  readonly loopDelayMax: number
}

export function sensorMetrics(status: SensorStatus, usage: ProcessUsage): Metric[] {
  const metric = (type: Metric["type"], name: string, help: string, samples: readonly Sample[]): Metric => ({
    name: `propolis_sensor_${name}`,
    type,
    help,
    samples,
  })
  const one = (type: Metric["type"], name: string, help: string, value: number) =>
    metric(type, name, help, [{ value }])
  const perService = status.services.filter((service) => service.state !== "disabled")
  const perHandler = (value: (handler: SensorStatus["handlers"][number]) => number) =>
    status.handlers.map((each) => ({
      labels: { name: each.name, handler: each.handler },
      value: value(each),
    }))
  return [
    metric("gauge", "info", "The sensor and its version.", [
      { labels: { sensor: status.sensor, version: status.version }, value: 1 },
    ]),
    one("gauge", "start_time_seconds", "When the sensor started, in Unix seconds.", status.startedAt / 1_000),
    metric(
      "gauge",
      "service_up",
      "Whether a configured service listens.",
      perService.map(({ name, emulator, transport, port, state }) => ({
        labels: { service: name, emulator, transport, port: String(port) },
        value: state === "listening" ? 1 : 0,
      })),
    ),
    one("gauge", "open_connections", "Open TCP connections.", status.host.openConnections),
    one("gauge", "open_conversations", "Open UDP conversations.", status.host.openConversations),
    one("gauge", "tracked_sources", "Source addresses that are remembered.", status.host.trackedSources),
    ...hostCounters(status.host.counters, metric),
    one("counter", "journal_records_total", "Records journaled.", status.journal.records),
    one("gauge", "journal_bytes", "Bytes of the journal on disk.", status.journal.bytes),
    one("gauge", "journal_segments", "Segment files of the journal.", status.journal.segments),
    one("counter", "journal_unwritten_total", "Records that could not be written.", status.journal.unwritten),
    one(
      "counter",
      "journal_damaged_total",
      "Records whose block was damaged on disk.",
      status.journal.damaged,
    ),
    metric(
      "counter",
      "journal_lost_total",
      "Records reclaimed before a reader had read them.",
      Object.entries(status.journal.lost).map(([cursor, value]) => ({ labels: { cursor }, value })),
    ),
    metric(
      "counter",
      "handler_delivered_total",
      "Events delivered.",
      perHandler((each) => each.delivered),
    ),
    metric(
      "counter",
      "handler_rejected_total",
      "Events refused for good.",
      perHandler((each) => each.rejected),
    ),
    metric(
      "counter",
      "handler_skipped_total",
      "Events that the handler's filter left out.",
      perHandler((each) => each.skipped),
    ),
    metric(
      "counter",
      "handler_retries_total",
      "Deliveries that were tried again.",
      perHandler((each) => each.retries),
    ),
    metric(
      "gauge",
      "handler_lag",
      "Events that wait for delivery.",
      perHandler((each) => each.lag),
    ),
    metric(
      "gauge",
      "handler_failing",
      "Whether deliveries fail now.",
      perHandler((each) => (each.failing === undefined ? 0 : 1)),
    ),
    one("gauge", "process_resident_memory_bytes", "Resident memory.", usage.residentBytes),
    one("gauge", "process_heap_used_bytes", "Used heap.", usage.heapUsedBytes),
    metric("counter", "process_cpu_seconds_total", "Processor time.", [
      { labels: { mode: "user" }, value: usage.cpuUserSeconds },
      { labels: { mode: "system" }, value: usage.cpuSystemSeconds },
    ]),
    metric("gauge", "event_loop_delay_seconds", "Delay of the event loop since the last look.", [
      { labels: { quantile: "0.99" }, value: usage.loopDelayP99 },
      { labels: { quantile: "1" }, value: usage.loopDelayMax },
    ]),
  ]
}

/**
 * The host's counters by name. `droppedConnections{maxConnections}` is a counter with a label in braces: the label's
 * name is `reason`, or what stands before `=`.
 */
function hostCounters(
  counters: Readonly<Record<string, number>>,
  metric: (type: "counter", name: string, help: string, samples: readonly Sample[]) => Metric,
): Metric[] {
  const byName = new Map<string, Sample[]>()
  for (const [key, value] of Object.entries(counters)) {
    const match = /^([^{]+)\{(?:([A-Za-z]+)=)?"?([^"}]*)"?\}$/.exec(key)
    const name = match?.[1] ?? key
    const sample = match === null ? { value } : { labels: { [match[2] ?? "reason"]: match[3]! }, value }
    byName.set(name, [...(byName.get(name) ?? []), sample])
  }
  return [...byName].map(([name, samples]) => {
    return metric("counter", `${snakeCase(name)}_total`, `Host counter ${name} since the start.`, samples)
  })
}

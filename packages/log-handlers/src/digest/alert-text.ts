/** What a message says: short for a person, with a link to more. */
import type { SensorEvent } from "@propolis/core"
import type { Alert } from "./digest.ts"
import { neutralize } from "./neutralize.ts"
import type { Line, Span } from "./rich-text.ts"
import { detailsOf, type SourceReport } from "./source-window.ts"

/** An alert, or a single event where every event is a message. */
export type Told = Alert | { readonly kind: "event"; readonly event: SensorEvent }

export interface AlertText {
  /** One line of plain text: a subject. */
  readonly summary: string
  readonly lines: readonly Line[]
  /** For templates. */
  readonly values: Readonly<Record<string, string>>
}

export interface TextContext {
  readonly sensor: string
  readonly hubUrl: string | undefined
  readonly nowMs: number
  /** Whether the attacker's words may be quoted: not where the public reads. */
  readonly quotes: boolean
}

export function describeAlert(told: Told, context: TextContext): AlertText {
  if (told.kind === "source") return describeSource(told.report, context)
  if (told.kind === "event") return describeEvent(told.event, context)
  if (told.kind === "sources") return describeSources(told, context)
  return describeHeartbeat(told, context)
}

function describeSource(report: SourceReport, context: TextContext): AlertText {
  const { source } = report
  const took = durationText(report.lastMs - report.firstMs)
  const deed =
    report.ports.length > 1 ? ` touched ${portsText(report)} in ${took}` : oneServiceText(report, took)
  const services = report.services.map(([name, count]) => `${name} (${numberText(count)})`).join(", ")
  const lines: Line[] = [[{ bold: source }, deed]]
  if (report.ports.length > 1) lines.push([`Services: ${services}`])
  if (context.quotes) lines.push(...quoteLines(report.details))
  if (!report.verified) lines.push(["Only UDP so far: the address may be forged."])
  const link = hostLink(context, source)
  lines.push([`Sensor ${report.sensor}`, ...linkSpans(link)])
  return {
    summary: `${source}${deed}`,
    lines,
    values: {
      summary: `${source}${deed}`,
      source,
      sensor: report.sensor,
      service: report.services[0]?.[0] ?? "",
      services,
      ports: String(report.ports.length),
      sessions: String(report.sessions),
      events: String(report.events),
      seconds: String(Math.round((report.lastMs - report.firstMs) / 1_000)),
      link: link ?? "",
      time: new Date(report.firstMs).toISOString(),
    },
  }
}

function oneServiceText(report: SourceReport, took: string): string {
  const [service] = report.services
  const what = `${service?.[0] ?? "a service"} (port ${report.ports[0] ?? 0})`
  const sessions = report.sessions === 1 ? "a session" : `${numberText(report.sessions)} sessions`
  const events = `${numberText(report.events)} ${report.events === 1 ? "event" : "events"}`
  return `: ${sessions} with ${what}, ${events} in ${took}`
}

function portsText(report: SourceReport): string {
  return `${numberText(report.ports.length)}${report.morePorts ? "+" : ""} ports`
}

function quoteLines(details: readonly (readonly [kind: string, text: string])[]): Line[] {
  return details.map(([kind, text]) => [`${kind}: `, { quote: neutralize(text) }])
}

function describeSources(alert: Extract<Alert, { kind: "sources" }>, context: TextContext): AlertText {
  const took = durationText(alert.lastMs - alert.firstMs)
  const further =
    alert.uncounted === 0 ? "" : `, and ${numberText(alert.uncounted)} events of further sources`
  const deed = ` caused ${numberText(alert.events)} events in ${took}${further}`
  const lines: Line[] = [[{ bold: `${numberText(alert.sources)} sources` }, deed]]
  for (const report of alert.top) {
    const ports = report.ports.length > 1 ? `${portsText(report)}, ` : ""
    const [service] = report.services
    lines.push([`${report.source}: ${ports}${numberText(report.events)} events, ${service?.[0] ?? ""}`])
  }
  const rest = alert.sources - alert.top.length
  if (rest > 0) lines.push([`and ${numberText(rest)} more`])
  const link = context.hubUrl === undefined ? undefined : `${context.hubUrl.replace(/\/+$/, "")}/hosts`
  lines.push([`Sensor ${context.sensor}`, ...linkSpans(link)])
  const summary = `${numberText(alert.sources)} sources${deed}`
  return {
    summary,
    lines,
    values: {
      summary,
      source: alert.top[0]?.source ?? "",
      sensor: context.sensor,
      service: alert.top[0]?.services[0]?.[0] ?? "",
      services: "",
      ports: "",
      sessions: String(alert.sources),
      events: String(alert.events + alert.uncounted),
      seconds: String(Math.round((alert.lastMs - alert.firstMs) / 1_000)),
      link: link ?? "",
      time: new Date(alert.firstMs).toISOString(),
    },
  }
}

function describeEvent(event: SensorEvent, context: TextContext): AlertText {
  const where = `${event.service} (${event.protocol} port ${event.localPort})`
  const deed = `: ${event.event} on ${where}${event.bytes > 0 ? `, ${numberText(event.bytes)} bytes` : ""}`
  const link = hostLink(context, event.remoteHost)
  const lines: Line[] = [[{ bold: event.remoteHost }, deed]]
  if (context.quotes) lines.push(...quoteLines(detailsOf(event)))
  lines.push([`Sensor ${event.sensor}`, ...linkSpans(link)])
  return {
    summary: `${event.remoteHost}${deed}`,
    lines,
    values: {
      summary: `${event.remoteHost}${deed}`,
      source: event.remoteHost,
      sensor: event.sensor,
      service: event.service,
      services: event.service,
      ports: "1",
      sessions: "1",
      events: "1",
      seconds: "0",
      link: link ?? "",
      time: new Date(event.time).toISOString(),
      id: event.id,
      event: event.event,
      protocol: event.protocol,
      localPort: String(event.localPort),
    },
  }
}

function describeHeartbeat(alert: Extract<Alert, { kind: "heartbeat" }>, context: TextContext): AlertText {
  const since = durationText(context.nowMs - alert.sinceMs)
  const summary = `Sensor ${context.sensor} is alive: ${numberText(alert.events)} events, ${numberText(alert.messages)} messages in ${since}`
  const values = {
    summary,
    sensor: context.sensor,
    events: String(alert.events),
    time: new Date(context.nowMs).toISOString(),
  }
  const none = ["source", "service", "services", "ports", "sessions", "seconds", "link"]
  return {
    summary,
    lines: [[summary]],
    values: { ...Object.fromEntries(none.map((name) => [name, ""])), ...values },
  }
}

function linkSpans(link: string | undefined): Span[] {
  return link === undefined ? [] : [" · ", { link, text: "hub" }]
}

/** The source's page at the hub. */
function hostLink({ hubUrl }: TextContext, address: string): string | undefined {
  return hubUrl === undefined
    ? undefined
    : `${hubUrl.replace(/\/+$/, "")}/hosts/${encodeURIComponent(address)}`
}

function numberText(value: number): string {
  return value.toLocaleString("en")
}

/** `40 s`, `12 min`, `3 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3_600)} h`
}

/** A template with `{name}` filled in; names that are not there stay as they are. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
  encode: (value: string) => string = (value) => value,
): string {
  return template.replaceAll(/\{([A-Za-z]{1,20})\}/g, (whole, name: string) => {
    return Object.hasOwn(values, name) ? encode(values[name]!) : whole
  })
}

/** What one source did within a window: counts, and a few words of it. Bounded, and kept as JSON. */
import type { SensorEvent } from "@propolis/core"
import { z } from "zod"

const maxPorts = 1_024
const maxServices = 16
const maxDetails = 6
const maxDetailCharacters = 80

/** Attributes that say most about what someone wanted, and what they are called. */
const tellingAttributes = [
  ["command", "command"],
  ["url", "URL"],
  ["filename", "file"],
  ["dnsName", "name"],
] as const

const countSchema = z.int().min(0)

export const sourceWindowSchema = z.strictObject({
  source: z.string().max(45),
  sensor: z.string().max(64),
  /** Unix ms on the digest's clock: when there is to be a message. */
  dueAt: z.number(),
  /** Unix ms of the first and the last event. */
  firstMs: z.number(),
  lastMs: z.number(),
  events: countSchema,
  sessions: countSchema,
  ports: z.array(countSchema).max(maxPorts),
  /** Ports beyond those that are remembered were touched. */
  morePorts: z.boolean(),
  services: z.array(z.tuple([z.string().max(64), countSchema])).max(maxServices),
  details: z.array(z.tuple([z.string().max(16), z.string().max(maxDetailCharacters + 1)])).max(maxDetails),
  /** A TCP hand-shake was completed: the address is not forged. */
  verified: z.boolean(),
})
export type SourceReport = z.output<typeof sourceWindowSchema>

export class SourceWindow {
  readonly source: string
  readonly sensor: string
  readonly dueAt: number
  #firstMs: number
  #lastMs: number
  #events = 0
  #sessions = 0
  #morePorts = false
  #verified = false
  readonly #ports = new Set<number>()
  readonly #services = new Map<string, number>()
  readonly #details = new Map<string, readonly [kind: string, text: string]>()

  constructor(event: Pick<SensorEvent, "remoteHost" | "sensor" | "time">, dueAt: number) {
    this.source = event.remoteHost
    this.sensor = event.sensor
    this.dueAt = dueAt
    this.#firstMs = event.time
    this.#lastMs = event.time
  }

  static of(report: SourceReport): SourceWindow {
    const window = new SourceWindow(
      { remoteHost: report.source, sensor: report.sensor, time: report.firstMs },
      report.dueAt,
    )
    window.#lastMs = report.lastMs
    window.#events = report.events
    window.#sessions = report.sessions
    window.#morePorts = report.morePorts
    window.#verified = report.verified
    for (const port of report.ports) window.#ports.add(port)
    for (const [service, count] of report.services) window.#services.set(service, count)
    for (const detail of report.details) window.#details.set(detail.join(" "), detail)
    return window
  }

  get events(): number {
    return this.#events
  }

  get ports(): number {
    return this.#ports.size
  }

  add(event: SensorEvent): void {
    this.#events++
    if (event.seq === 0) this.#sessions++
    if (event.protocol === "TCP") this.#verified = true
    this.#firstMs = Math.min(this.#firstMs, event.time)
    this.#lastMs = Math.max(this.#lastMs, event.time)
    if (this.#ports.size < maxPorts) this.#ports.add(event.localPort)
    else if (!this.#ports.has(event.localPort)) this.#morePorts = true
    const known = this.#services.get(event.service)
    if (known !== undefined || this.#services.size < maxServices) {
      this.#services.set(event.service, (known ?? 0) + 1)
    }
    if (this.#details.size < maxDetails) this.#addDetails(event)
  }

  #addDetails(event: SensorEvent): void {
    for (const [kind, text] of detailsOf(event)) {
      if (this.#details.size < maxDetails) this.#details.set(`${kind} ${text}`, [kind, text])
    }
  }

  report(): SourceReport {
    return {
      source: this.source,
      sensor: this.sensor,
      dueAt: this.dueAt,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      events: this.#events,
      sessions: this.#sessions,
      ports: [...this.#ports],
      morePorts: this.#morePorts,
      services: [...this.#services].sort((a, b) => b[1] - a[1]),
      details: [...this.#details.values()].map(([kind, text]) => [kind, text] as [string, string]),
      verified: this.#verified,
    }
  }
}

/** What an event's attributes tell a person, each shortened: the attacker's words, not yet safe to show. */
export function detailsOf(event: SensorEvent): [kind: string, text: string][] {
  const { attributes } = event
  const details: [string, string][] = []
  if (attributes.username !== undefined || attributes.password !== undefined) {
    details.push(["login", `${attributes.username ?? ""} / ${attributes.password ?? ""}`])
  }
  for (const [name, kind] of tellingAttributes) {
    const text = attributes[name]
    if (text !== undefined && text !== "") details.push([kind, text])
  }
  return details.map(([kind, text]) => [kind, shorten(text)])
}

function shorten(text: string): string {
  return text.length <= maxDetailCharacters ? text : `${text.slice(0, maxDetailCharacters)}…`
}

/** What AbuseIPDB is told about a source: categories and a comment, made from what a batch of events shows. */
import type { SensorEvent } from "@propolis/core"

/** Numbers of AbuseIPDB's categories. */
const category = { ftp: 5, portScan: 14, hacking: 15, bruteForce: 18, webApp: 21, ssh: 22, iot: 23 } as const

const categoryOfEmulator: Readonly<Record<string, number>> = {
  ftp: category.ftp,
  http: category.webApp,
  ssh: category.ssh,
  telnet: category.iot,
}

/** So many services within one batch are a scan. */
const scannedServices = 3

export interface AbuseReport {
  readonly source: string
  /** Of the first event, Unix milliseconds. */
  time: number
  readonly sessions: Set<string>
  readonly services: Set<string>
  readonly emulators: Set<string>
  logins: number
  receivedBytes: number
}

/** One report a source, in the order in which the sources appeared. */
export function summarize(events: readonly SensorEvent[]): AbuseReport[] {
  const reports = new Map<string, AbuseReport>()
  for (const event of events) {
    let report = reports.get(event.remoteHost)
    if (report === undefined) {
      report = {
        source: event.remoteHost,
        time: event.time,
        sessions: new Set(),
        services: new Set(),
        emulators: new Set(),
        logins: 0,
        receivedBytes: 0,
      }
      reports.set(event.remoteHost, report)
    }
    report.sessions.add(event.session)
    report.services.add(event.service)
    report.emulators.add(event.emulator)
    if (event.attributes.username !== undefined || event.attributes.password !== undefined) report.logins++
    if (event.event === "RX") report.receivedBytes += event.bytes
  }
  return [...reports.values()]
}

export function categoriesOf(report: AbuseReport): number[] {
  const categories = new Set<number>()
  if (report.services.size >= scannedServices || report.receivedBytes === 0) categories.add(category.portScan)
  if (report.logins > 0) categories.add(category.bruteForce)
  if (report.receivedBytes > 0) {
    categories.add(category.hacking)
    for (const emulator of report.emulators) {
      const found = categoryOfEmulator[emulator]
      if (found !== undefined) categories.add(found)
    }
  }
  return [...categories].sort((a, b) => a - b)
}

/** Counts and names of services, nothing that was sent: a comment is public, and credentials may be somebody's. */
export function commentOf(report: AbuseReport): string {
  const names = [...report.services].slice(0, 10).join(", ")
  const more = report.services.size > 10 ? ` and ${report.services.size - 10} more` : ""
  const parts = [`${plural(report.sessions.size, "TCP session")} to decoy services (${names}${more})`]
  if (report.logins > 0) parts.push(plural(report.logins, "login attempt"))
  if (report.receivedBytes > 0) parts.push(`${plural(report.receivedBytes, "byte")} received`)
  return `Honeypot: ${parts.join(", ")}`
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`
}

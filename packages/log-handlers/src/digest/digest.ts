/**
 * The digest of all alert handlers: gathers what each source does and says when there is something to tell. Pure: events
 * and the time go in, alerts come out. Memory is bounded by `maxSources`.
 */
import { compileEventRules, type SensorEvent } from "@propolis/core"
import { z } from "zod"
import type { DigestOptions } from "./digest-options.ts"
import { quietForMs } from "./quiet-time.ts"
import { type SourceReport, SourceWindow, sourceWindowSchema } from "./source-window.ts"

const hourMs = 3_600_000
/** More sources than these at the same moment (after quiet hours, after an outage) share one message. */
const maxAtOnce = 10

const alertSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("source"), report: sourceWindowSchema }),
  z.strictObject({
    kind: z.literal("sources"),
    /** The busiest of them. */
    top: z.array(sourceWindowSchema).max(10),
    sources: z.int(),
    events: z.int(),
    /** Events of sources that were not told apart. */
    uncounted: z.int(),
    firstMs: z.number(),
    lastMs: z.number(),
  }),
  z.strictObject({
    kind: z.literal("heartbeat"),
    sinceMs: z.number(),
    events: z.int(),
    messages: z.int(),
  }),
])
/** What a message is to tell. */
export type Alert = z.output<typeof alertSchema>

export const digestStateSchema = z.strictObject({
  windows: z.array(sourceWindowSchema),
  /** Source → until when there is no message about it. */
  silent: z.array(z.tuple([z.string().max(45), z.number()])),
  /** When the latest messages went out. */
  sent: z.array(z.number()).max(3_600),
  uncounted: z
    .strictObject({ events: z.int(), firstMs: z.number(), lastMs: z.number(), dueAt: z.number() })
    .optional(),
  heartbeat: z.strictObject({ lastAt: z.number(), events: z.int(), messages: z.int() }),
  /** Alerts whose messages are not sent yet. */
  outbox: z.array(alertSchema),
})
export type DigestState = z.output<typeof digestStateSchema>

export class Digest {
  readonly #options: DigestOptions
  readonly #ignored: (event: SensorEvent) => boolean
  readonly #windows = new Map<string, SourceWindow>()
  readonly #silent = new Map<string, number>()
  #sent: number[] = []
  #uncounted: DigestState["uncounted"]
  #heartbeat: { lastAt: number; events: number; messages: number }
  /** Not later than the first window's end. */
  #nextDueAt = Number.POSITIVE_INFINITY

  constructor(options: DigestOptions, nowMs: number, state?: DigestState) {
    this.#options = options
    this.#ignored = compileEventRules(options.ignore)
    this.#heartbeat = state?.heartbeat ?? { lastAt: nowMs, events: 0, messages: 0 }
    if (state === undefined) return
    for (const report of state.windows.slice(-options.maxSources)) {
      // A clock that was set back must not hold messages for ever.
      const dueAt = Math.min(report.dueAt, nowMs + Math.max(options.windowMs, options.silenceMs))
      this.#windows.set(report.source, SourceWindow.of({ ...report, dueAt }))
      this.#nextDueAt = Math.min(this.#nextDueAt, dueAt)
    }
    for (const [source, until] of state.silent.slice(-options.maxSources)) this.#silent.set(source, until)
    this.#sent = state.sent.filter((at) => at <= nowMs)
    this.#uncounted = state.uncounted
    if (state.uncounted !== undefined) this.#nextDueAt = Math.min(this.#nextDueAt, state.uncounted.dueAt)
  }

  /** Whether an event is to be told at all. */
  tells(event: SensorEvent): boolean {
    return !this.#ignored(event)
  }

  add(event: SensorEvent, nowMs: number): void {
    if (!this.tells(event)) return
    this.#heartbeat.events++
    const window = this.#windows.get(event.remoteHost) ?? this.#openWindow(event, nowMs)
    window?.add(event)
  }

  /** What ends a session, or is our own answer, is no news of its own. */
  #openWindow(event: SensorEvent, nowMs: number): SourceWindow | undefined {
    if (event.event !== "CONNECT" && event.event !== "RX") return undefined
    const windowEndsAt = nowMs + this.#options.windowMs
    if (this.#windows.size >= this.#options.maxSources) {
      this.#uncounted ??= { events: 0, firstMs: event.time, lastMs: event.time, dueAt: windowEndsAt }
      this.#uncounted.events++
      this.#uncounted.lastMs = Math.max(this.#uncounted.lastMs, event.time)
      this.#nextDueAt = Math.min(this.#nextDueAt, this.#uncounted.dueAt)
      return undefined
    }
    const dueAt = Math.max(windowEndsAt, this.#silent.get(event.remoteHost) ?? 0)
    const window = new SourceWindow(event, dueAt)
    this.#windows.set(window.source, window)
    this.#nextDueAt = Math.min(this.#nextDueAt, dueAt)
    return window
  }

  /** What is to be told by now. Each alert is given once: the caller keeps it until its message is sent. */
  take(nowMs: number): Alert[] {
    const alerts: Alert[] = []
    if (nowMs >= this.#nextDueAt && quietForMs(this.#options.quiet, nowMs) === 0) {
      alerts.push(...this.#takeSources(nowMs))
    }
    const { heartbeatMs } = this.#options
    if (heartbeatMs > 0 && nowMs >= this.#heartbeat.lastAt + heartbeatMs) {
      const { lastAt, events, messages } = this.#heartbeat
      alerts.push({ kind: "heartbeat", sinceMs: lastAt, events, messages })
      this.#heartbeat = { lastAt: nowMs, events: 0, messages: 0 }
    }
    return alerts
  }

  #takeSources(nowMs: number): Alert[] {
    const left = Math.min(maxAtOnce, this.#messagesLeft(nowMs))
    if (left === 0) return []
    const { minEvents, minPorts } = this.#options
    const reports: SourceReport[] = []
    for (const window of this.#windows.values()) {
      if (window.dueAt > nowMs) continue
      this.#windows.delete(window.source)
      if (window.events < minEvents || window.ports < minPorts) continue
      reports.push(window.report())
      this.#silence(window.source, nowMs)
    }
    const uncounted = this.#takeUncounted(nowMs)
    this.#nextDueAt = this.#uncounted?.dueAt ?? Number.POSITIVE_INFINITY
    for (const { dueAt } of this.#windows.values()) this.#nextDueAt = Math.min(this.#nextDueAt, dueAt)
    if (reports.length === 0 && uncounted === undefined) return []
    const alerts: Alert[] =
      reports.length <= left && uncounted === undefined
        ? reports.map((report) => ({ kind: "source", report }))
        : [sourcesAlert(reports, uncounted)]
    for (let i = 0; i < alerts.length; i++) this.#sent.push(nowMs)
    this.#heartbeat.messages += alerts.length
    return alerts
  }

  #messagesLeft(nowMs: number): number {
    this.#sent = this.#sent.filter((at) => at > nowMs - hourMs)
    return Math.max(0, this.#options.maxMessagesPerHour - this.#sent.length)
  }

  #takeUncounted(nowMs: number): DigestState["uncounted"] {
    const uncounted = this.#uncounted
    if (uncounted === undefined || uncounted.dueAt > nowMs) return undefined
    this.#uncounted = undefined
    return uncounted
  }

  #silence(source: string, nowMs: number): void {
    if (this.#options.silenceMs === 0) return
    this.#silent.delete(source)
    this.#silent.set(source, nowMs + this.#options.silenceMs)
    for (const [old, until] of this.#silent) {
      if (until > nowMs && this.#silent.size <= this.#options.maxSources) break
      this.#silent.delete(old)
    }
  }

  /** Unix ms at which {@link take} is worth a call; `undefined` where nothing waits. */
  nextAt(nowMs: number): number | undefined {
    const times: number[] = []
    if (Number.isFinite(this.#nextDueAt)) {
      const afterQuiet = nowMs + quietForMs(this.#options.quiet, nowMs)
      const budget = this.#messagesLeft(nowMs) > 0 ? 0 : this.#sent[0]! + hourMs + 1
      times.push(Math.max(this.#nextDueAt, afterQuiet, budget))
    }
    if (this.#options.heartbeatMs > 0) times.push(this.#heartbeat.lastAt + this.#options.heartbeatMs)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  state(outbox: readonly Alert[]): DigestState {
    return {
      windows: [...this.#windows.values()].map((window) => window.report()),
      silent: [...this.#silent],
      sent: this.#sent,
      ...(this.#uncounted === undefined ? {} : { uncounted: this.#uncounted }),
      heartbeat: this.#heartbeat,
      outbox: [...outbox],
    }
  }
}

function sourcesAlert(reports: readonly SourceReport[], uncounted: DigestState["uncounted"]): Alert {
  const top = reports.toSorted((a, b) => b.events - a.events).slice(0, 10)
  let firstMs = uncounted?.firstMs ?? Number.POSITIVE_INFINITY
  let lastMs = uncounted?.lastMs ?? 0
  for (const report of reports) {
    firstMs = Math.min(firstMs, report.firstMs)
    lastMs = Math.max(lastMs, report.lastMs)
  }
  return {
    kind: "sources",
    top,
    sources: reports.length,
    events: reports.reduce((sum, report) => sum + report.events, 0),
    uncounted: uncounted?.events ?? 0,
    firstMs,
    lastMs,
  }
}

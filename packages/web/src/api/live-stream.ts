import type { StoredEvent } from "@propolis/core"
import { recentEvents, sequenceOf } from "./recent-events.ts"

export type StreamState = "connecting" | "open" | "retrying" | "closed"

/** One line of the live list: an event, or a note that so many were skipped while it was paused. */
export type LiveEntry =
  | { readonly kind: "event"; readonly key: string; readonly event: StoredEvent }
  | { readonly kind: "gap"; readonly key: string; readonly skipped: number }

export interface LiveSnapshot {
  readonly state: StreamState
  /** Newest first, at most `maxEntries`. */
  readonly entries: readonly LiveEntry[]
  readonly paused: boolean
  /** Events that arrived since the pause. */
  readonly skipped: number
  /** Events that arrived since the stream was opened. */
  readonly received: number
}

export interface LiveFilter {
  readonly service?: string | undefined
  readonly remoteHost?: string | undefined
}

const flushMs = 200
const reopenMs = 4_000

/**
 * The hub's stream of events, bounded: keeps the newest `maxEntries`, takes what came in between into
 * the list at most five times a second, and counts instead of keeping while it is paused. The browser
 * reconnects by itself (with `Last-Event-ID`); after a refusal the stream is opened anew.
 */
export class LiveStream {
  readonly #url: string
  readonly #maxEntries: number
  readonly #listeners = new Set<() => void>()
  #snapshot: LiveSnapshot = { state: "connecting", entries: [], paused: false, skipped: 0, received: 0 }
  #source: EventSource | undefined
  #pending: LiveEntry[] = []
  #arrived = 0
  #flushTimer: ReturnType<typeof setTimeout> | undefined
  #reopenTimer: ReturnType<typeof setTimeout> | undefined
  #gaps = 0
  #asked = false

  constructor(filter: LiveFilter, maxEntries: number) {
    const query = new URLSearchParams()
    if (filter.service) query.set("service", filter.service)
    if (filter.remoteHost) query.set("remoteHost", filter.remoteHost)
    this.#url = query.size === 0 ? "/api/web/live" : `/api/web/live?${query}`
    this.#maxEntries = maxEntries
  }

  readonly getSnapshot = (): LiveSnapshot => this.#snapshot

  /** Opens the stream with the first listener and closes it with the last. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#open()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#close()
    }
  }

  setPaused(paused: boolean): void {
    if (paused === this.#snapshot.paused) return
    this.#flush()
    const { skipped, entries } = this.#snapshot
    if (paused || skipped === 0) {
      this.#publish({ paused, skipped: 0 })
      return
    }
    const gap: LiveEntry = { kind: "gap", key: `gap-${++this.#gaps}`, skipped }
    this.#publish({ paused, skipped: 0, entries: [gap, ...entries].slice(0, this.#maxEntries) })
  }

  clear(): void {
    this.#pending = []
    this.#publish({ entries: [], skipped: 0 })
  }

  #open(): void {
    const source = new EventSource(this.#url)
    this.#source = source
    this.#publish({ state: "connecting" })
    source.addEventListener("open", () => this.#publish({ state: "open" }))
    source.addEventListener("event", (message) => this.#take(message.data))
    source.addEventListener("hello", (message) => void this.#fetchRecent(message.data))
    source.addEventListener("error", () => {
      const refused = source.readyState === EventSource.CLOSED
      this.#publish({ state: refused ? "closed" : "retrying" })
      if (refused) this.#reopenTimer = setTimeout(() => this.#open(), reopenMs)
    })
  }

  #close(): void {
    this.#source?.close()
    clearTimeout(this.#reopenTimer)
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
  }

  /** The stream begins now; what came just before is asked for once, as a reconnect would ask. */
  async #fetchRecent(hello: string): Promise<void> {
    if (this.#asked) return
    this.#asked = true
    const sequence = sequenceOf(hello)
    if (sequence === 0) return
    const after = Math.max(0, sequence - this.#maxEntries)
    const events = await recentEvents(this.#url, after, sequence)
    const entries = events.map((event) => ({ kind: "event", key: event.id, event }) as const).reverse()
    const known = new Set(this.#snapshot.entries.map((entry) => entry.key))
    const older = entries.filter((entry) => !known.has(entry.key))
    this.#publish({ entries: [...this.#snapshot.entries, ...older].slice(0, this.#maxEntries) })
  }

  #take(data: string): void {
    let event: StoredEvent
    try {
      event = JSON.parse(data) as StoredEvent
    } catch {
      return
    }
    this.#arrived++
    if (!this.#snapshot.paused) {
      this.#pending.push({ kind: "event", key: event.id, event })
      // A flood between two flushes must not grow without bound either.
      if (this.#pending.length > this.#maxEntries * 2) this.#pending = this.#pending.slice(-this.#maxEntries)
    }
    this.#flushTimer ??= setTimeout(() => this.#flush(), flushMs)
  }

  #flush(): void {
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    if (this.#arrived === 0) return
    const { received, paused, skipped, entries } = this.#snapshot
    const arrived = this.#arrived
    const fresh = this.#pending.reverse()
    this.#arrived = 0
    this.#pending = []
    // A reconnect may repeat what is shown already.
    const known = new Set(entries.map((entry) => entry.key))
    const news = fresh.filter((entry) => !known.has(entry.key))
    this.#publish({
      received: received + arrived,
      skipped: paused ? skipped + arrived : skipped,
      entries: news.length === 0 ? entries : [...news, ...entries].slice(0, this.#maxEntries),
    })
  }

  #publish(change: Partial<LiveSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change }
    for (const listener of this.#listeners) listener()
  }
}

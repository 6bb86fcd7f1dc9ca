/**
 * The live stream: each client has a place in the hub's sequence, and is brought forward whenever
 * events were stored. Clients at the same place share one query. Everything is bounded: clients, what
 * waits for a slow one, how far back one may resume.
 */
import type { StoredEvent } from "@propolis/core"
import type { Reads } from "./reads.ts"

/** Where a client's text goes: a response, or a test. */
export interface LiveSink {
  write(text: string): void
  /** Bytes that were written and not taken yet. */
  waiting(): number
  close(): void
}

export interface LiveClient {
  readonly sink: LiveSink
  /** The event as this client may see it; undefined: not for it. */
  readonly view: (event: StoredEvent) => StoredEvent | undefined
  /** Who it counts for: an account or an address. */
  readonly owner: string
  /** The last sequence that it has seen; undefined: it begins now. */
  readonly after: number | undefined
}

export interface LiveFeedOptions {
  readonly eventsAfter: Reads["eventsAfter"]
  /** The last sequence that is settled. */
  watermark(): number
  log(message: string): void
  readonly maxClients?: number
  readonly maxClientsPerOwner?: number
}

const pageEvents = 500
/** Further behind, a client jumps ahead and is told how many it missed. */
const maxBehind = 5_000
const maxWaitingBytes = 1024 * 1024
const heartbeatMs = 15_000
/** A stream ends after so long and the browser comes back: what was revoked meanwhile takes effect. */
const maxStreamMs = 3_600_000
/** Queries follow each other at this distance at least. */
const restMs = 200
/** A multiple of three bytes, so that base64 can be cut without decoding. */
const maxDataLength = (4_095 / 3) * 4

interface Stream extends LiveClient {
  position: number
  readonly endsAt: number
}

export class LiveFeed {
  readonly #options: LiveFeedOptions
  readonly #streams = new Set<Stream>()
  #heartbeat: NodeJS.Timeout | undefined
  #rest: NodeJS.Timeout | undefined
  #advancing = false
  #again = false
  #closed = false
  /** Clients that were too slow, since the start. */
  dropped = 0

  constructor(options: LiveFeedOptions) {
    this.#options = options
  }

  get clients(): number {
    return this.#streams.size
  }

  /** @returns a function that ends it; undefined where there is no place for another client. */
  subscribe(client: LiveClient): (() => void) | undefined {
    const { maxClients = 64, maxClientsPerOwner = 16 } = this.#options
    const owned = [...this.#streams].filter((stream) => stream.owner === client.owner).length
    if (this.#closed || this.#streams.size >= maxClients || owned >= maxClientsPerOwner) return undefined
    const watermark = this.#options.watermark()
    const position = Math.min(client.after ?? watermark, watermark)
    const stream: Stream = { ...client, position, endsAt: Date.now() + maxStreamMs }
    this.#streams.add(stream)
    this.#heartbeat ??= setInterval(() => this.#beat(), heartbeatMs).unref()
    client.sink.write(`retry: 2000\nevent: hello\ndata: {"sequence":${position}}\n\n`)
    if (position < watermark) this.notify()
    return () => this.#remove(stream)
  }

  /** Something was stored. Cheap; calls while it works are one call. */
  notify(): void {
    if (this.#streams.size === 0 || this.#closed) return
    if (this.#advancing || this.#rest !== undefined) {
      this.#again = true
      return
    }
    void this.#advance()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#rest)
    for (const stream of this.#streams) this.#drop(stream)
  }

  async #advance(): Promise<void> {
    this.#advancing = true
    try {
      for (const [position, streams] of this.#byPosition()) await this.#advanceFrom(position, streams)
    } catch (error) {
      this.#options.log(`live stream: ${(error as Error).message}`)
    }
    this.#advancing = false
    if (this.#closed) return
    this.#rest = setTimeout(() => {
      this.#rest = undefined
      if (!this.#again) return
      this.#again = false
      this.notify()
    }, restMs).unref()
  }

  #byPosition(): Map<number, Stream[]> {
    const groups = new Map<number, Stream[]>()
    const watermark = this.#options.watermark()
    for (const stream of this.#streams) {
      const behind = watermark - stream.position
      if (behind <= 0) continue
      if (behind > maxBehind) {
        stream.position = watermark - pageEvents
        stream.sink.write(`event: skipped\ndata: {"events":${behind - pageEvents}}\n\n`)
      }
      const group = groups.get(stream.position)
      if (group === undefined) groups.set(stream.position, [stream])
      else group.push(stream)
    }
    return groups
  }

  async #advanceFrom(position: number, streams: readonly Stream[]): Promise<void> {
    const watermark = this.#options.watermark()
    const events = await this.#options.eventsAfter({ sequence: position, limit: pageEvents })
    if (events.length === pageEvents) this.#again = true
    // Sequences may have gaps (what was dropped as a duplicate): an empty answer means that all was seen.
    const last = events.at(-1)?.sequence ?? watermark
    for (const stream of streams) {
      stream.position = last
      const text = events.map((event) => eventText(stream.view(event))).join("")
      if (text !== "" && this.#streams.has(stream)) this.#write(stream, text)
    }
  }

  #write(stream: Stream, text: string): void {
    if (stream.sink.waiting() > maxWaitingBytes) {
      this.dropped++
      this.#drop(stream)
    } else stream.sink.write(text)
  }

  #beat(): void {
    for (const stream of this.#streams) {
      if (Date.now() >= stream.endsAt) this.#drop(stream)
      else this.#write(stream, ": still here\n\n")
    }
  }

  #drop(stream: Stream): void {
    this.#remove(stream)
    stream.sink.close()
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
  }
}

function eventText(event: StoredEvent | undefined): string {
  if (event === undefined) return ""
  const shown =
    event.data.length > maxDataLength ? { ...event, data: event.data.slice(0, maxDataLength) } : event
  return `id: ${event.sequence}\nevent: event\ndata: ${JSON.stringify(shown)}\n\n`
}

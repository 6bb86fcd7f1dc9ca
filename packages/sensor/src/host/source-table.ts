/** What the host remembers of each source address: open sessions, their rate, a completed TCP hand-shake. Bounded. */

/** A burst of so many seconds' worth of sessions is let through. */
const burstSeconds = 10

export interface Source {
  readonly address: string
  open: number
  /** Sessions that may begin now, and when that was reckoned (monotonic ms). */
  tokens: number
  reckonedMs: number
  /** Monotonic ms of the last completed TCP hand-shake; -Infinity: never. */
  provenMs: number
}

export interface SourceLimits {
  readonly maxConnectionsPerSource: number
  readonly maxSessionsPerSecondPerSource: number
  readonly maxTrackedSources: number
}

export type Refusal = "maxConnectionsPerSource" | "maxSessionsPerSecondPerSource"

/** Rejoins the end of the map's order at most every so often: moving costs more than looking. */
const touchMs = 1_000

export class SourceTable {
  /** In the order of last being seen, roughly. */
  private readonly sources = new Map<string, Source>()

  get size(): number {
    return this.sources.size
  }

  find(address: string): Source | undefined {
    return this.sources.get(address)
  }

  /** The source of an address, taken into the table; forgets the one least recently seen that has nothing open. */
  seen(address: string, nowMs: number, limits: SourceLimits): Source {
    const known = this.sources.get(address)
    if (known !== undefined) {
      if (nowMs - known.reckonedMs > touchMs) {
        this.sources.delete(address)
        this.sources.set(address, known)
      }
      this.refill(known, nowMs, limits)
      return known
    }
    this.forget(limits.maxTrackedSources - 1)
    const tokens = limits.maxSessionsPerSecondPerSource * burstSeconds
    const source: Source = { address, open: 0, tokens, reckonedMs: nowMs, provenMs: Number.NEGATIVE_INFINITY }
    this.sources.set(address, source)
    return source
  }

  /** Takes one session of the source's rate and number; says which limit refuses it. {@link close} gives the number back. */
  admit(source: Source, limits: SourceLimits): Refusal | undefined {
    if (source.open >= limits.maxConnectionsPerSource) return "maxConnectionsPerSource"
    if (source.tokens < 1) return "maxSessionsPerSecondPerSource"
    source.tokens--
    source.open++
    return undefined
  }

  close(source: Source): void {
    source.open--
  }

  private refill(source: Source, nowMs: number, limits: SourceLimits): void {
    const rate = limits.maxSessionsPerSecondPerSource
    source.tokens = Math.min(
      rate * burstSeconds,
      source.tokens + ((nowMs - source.reckonedMs) / 1_000) * rate,
    )
    source.reckonedMs = nowMs
  }

  /** Sources with open sessions are never forgotten: they are bounded by the number of connections. */
  private forget(keep: number): void {
    let looked = 0
    for (const [address, source] of this.sources) {
      // Busy ones that are met here go to the end, so that the next search does not meet them again.
      if (this.sources.size <= keep || ++looked > 64) return
      this.sources.delete(address)
      if (source.open > 0) this.sources.set(address, source)
    }
  }
}

/** A clock that only a transcript's `wait` moves, so that a slow machine cannot run into an emulator's time-outs. */
import type { Timer } from "@propolis/core"

interface Pending {
  readonly dueMs: number
  readonly order: number
  readonly run: () => void
}

export class VirtualClock {
  readonly #pending = new Set<Pending>()
  #nowMs = 0
  #order = 0

  /** Calls `run` once when the clock was moved by `ms`. */
  after(ms: number, run: () => void): Timer {
    const pending = { dueMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run }
    this.#pending.add(pending)
    return { cancel: () => void this.#pending.delete(pending) }
  }

  /** Moves the clock and runs what became due, in order; also what that asks for in turn. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const due = [...this.#pending]
        .filter((pending) => pending.dueMs <= untilMs)
        .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0]
      if (due === undefined) break
      this.#pending.delete(due)
      this.#nowMs = Math.max(this.#nowMs, due.dueMs)
      due.run()
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  /** Forgets what is pending. */
  clear(): void {
    this.#pending.clear()
  }

  /** Milliseconds since it was made. */
  get nowMs(): number {
    return this.#nowMs
  }

  get size(): number {
    return this.#pending.size
  }
}

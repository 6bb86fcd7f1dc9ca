/**
 * Gives memory back after a flood. V8 collects when something is allocated; a host that was flooded and is then left
 * alone would keep the flood's garbage for as long as nobody comes. One full collection in the quiet after a peak
 * costs some tens of milliseconds at a moment when nobody waits.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** A peak of so many open sessions, or so many bytes received, is a flood. */
const peakSessions = 500
const floodBytes = 32 * 1024 * 1024
/** Quiet: at most so many sessions are open, and so little came, for so many looks in a row. */
const quietSessions = 50
const quietBytes = 1024 * 1024
const quietLooks = 3

export class QuietCollection {
  private flooded = false
  private quiet = 0
  private lastBytes = 0
  private seenBytes = 0
  private readonly collect: () => void

  constructor(collect: () => void = fullCollection) {
    this.collect = collect
  }

  /** Called every now and then with what is open and what was received since the start. */
  look(openSessions: number, bytesReceived: number): void {
    const came = bytesReceived - this.lastBytes
    this.lastBytes = bytesReceived
    this.seenBytes += came
    if (openSessions >= peakSessions || this.seenBytes >= floodBytes) this.flooded = true
    if (openSessions > quietSessions || came > quietBytes) {
      this.quiet = 0
      return
    }
    if (!this.flooded || ++this.quiet < quietLooks) return
    this.flooded = false
    this.quiet = 0
    this.seenBytes = 0
    this.collect()
  }
}

function fullCollection(): void {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  setFlagsFromString("--no-expose-gc")
  collect()
}

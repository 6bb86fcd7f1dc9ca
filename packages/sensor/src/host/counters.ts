/** What the host counts since its start, by name; a label is written as Prometheus writes it: `droppedConnections{reason="…"}`. */
export class Counters {
  sessions = 0
  events = 0
  eventsUnjournaled = 0
  bytesReceived = 0
  bytesSent = 0
  udpWithheld = 0
  faults = 0
  private readonly named = new Map<string, number>()

  /** Counts something rare. Names come from the host's code, never from a peer, so that the map stays small. */
  count(name: string, amount = 1): void {
    this.named.set(name, (this.named.get(name) ?? 0) + amount)
  }

  snapshot(): Record<string, number> {
    return {
      sessions: this.sessions,
      events: this.events,
      eventsUnjournaled: this.eventsUnjournaled,
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      udpWithheld: this.udpWithheld,
      faults: this.faults,
      ...Object.fromEntries(this.named),
    }
  }
}

/** What a measured server tells its bench over the IPC channel: its port once, then its usage whenever it is asked. */

export interface Usage {
  /** CPU time so far, user and system. */
  readonly cpuMs: number
  readonly rssBytes: number
  /** The sensor's counters; empty for the yardstick. */
  readonly counters: Readonly<Record<string, number>>
}

export interface Ready {
  readonly port: number
  /** Every port, where there are several. */
  readonly services?: readonly ListeningPort[]
}

export interface ListeningPort {
  readonly name: string
  readonly transport: "tcp" | "udp"
  readonly port: number
}

export interface Measured {
  counters?(): Readonly<Record<string, number>>
  /** Called when the bench is done with it. */
  stop?(): Promise<void>
}

export function reportUsage(ready: Ready, measured: Measured = {}): void {
  process.on("message", () => {
    const { user, system } = process.cpuUsage()
    const usage: Usage = {
      cpuMs: (user + system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
      counters: measured.counters?.() ?? {},
    }
    process.send!(usage)
  })
  process.on("disconnect", () => {
    Promise.resolve(measured.stop?.()).finally(() => process.exit(0))
  })
  process.send!(ready)
}

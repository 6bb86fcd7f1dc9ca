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
}

export function reportUsage(
  port: number,
  counters: () => Readonly<Record<string, number>> = () => ({}),
): void {
  process.on("message", () => {
    const { user, system } = process.cpuUsage()
    const usage: Usage = {
      cpuMs: (user + system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
      counters: counters(),
    }
    process.send!(usage)
  })
  // Ends with the bench.
  process.on("disconnect", () => process.exit(0))
  process.send!({ port } satisfies Ready)
}

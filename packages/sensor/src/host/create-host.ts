/** Puts the host together: one for all services of a sensor. */
import { randomBytes } from "node:crypto"
import { createUuidV7, namePattern, PropolisError } from "@propolis/core"
import { CaptureStore } from "./capture-store.ts"
import { Counters } from "./counters.ts"
import { DeadlineQueue } from "./deadline-queue.ts"
import { EventWriter } from "./event-writer.ts"
import { createPolicy, type HostContext } from "./host-context.ts"
import { createLimitedLog } from "./limited-log.ts"
import { QuietCollection } from "./quiet-collection.ts"
import { SourceTable } from "./source-table.ts"
import { listenTcp } from "./tcp-listener.ts"
import type { Host, HostOptions, ListeningService } from "./types.ts"
import { UdpBudget } from "./udp-budget.ts"
import { listenUdp } from "./udp-listener.ts"

/** Deadlines are looked at so often, unless a limit is shorter than that. */
const sweepMs = 1_000

/** A host that listens nowhere yet. The journal stays its owner's: close it after the host. */
export function createHost(options: HostOptions): Host {
  const nowMs = () => performance.now()
  const counters = new Counters()
  const report = createLimitedLog(options.log, nowMs)
  const reportAs = (kind: string) => (message: string) => report(kind, message)
  const host: HostContext = {
    sensor: options.sensor,
    policy: createPolicy(options),
    writer: new EventWriter(options.journal, counters, reportAs("journal"), options.onEvent),
    counters,
    deadlines: new DeadlineQueue(nowMs),
    sources: new SourceTable(),
    budget: new UdpBudget(),
    captures: new CaptureStore(options.captureDir, options.captureMaxBytes, counters, reportAs("capture")),
    sessions: new Set(),
    conversations: new Set(),
    udpPorts: new Map(),
    newId: createUuidV7({ now: Date.now, random: randomBytes }),
    nowMs,
    report,
  }
  let current: Pick<HostOptions, "limits" | "persona" | "tls"> = options
  const services = new Set<ListeningService>()
  let sweeping = startSweep(host)
  let closing: Promise<void> | undefined
  return {
    async listen(definition) {
      if (closing !== undefined)
        throw new PropolisError("LISTEN_FAILED", `${definition.name}: the host is closed`)
      for (const name of [definition.name, definition.emulator.name, host.sensor]) {
        if (!namePattern.test(name))
          throw new PropolisError("CONFIG_INVALID", `not a name for events: ${name}`)
      }
      const service = await (definition.transport === "tcp" ? listenTcp : listenUdp)(host, definition)
      const entry: ListeningService = {
        ...service,
        stop() {
          services.delete(entry)
          return service.stop()
        },
      }
      services.add(entry)
      return entry
    },
    reconfigure(change) {
      current = { ...current, ...change }
      host.policy = createPolicy(current)
      clearInterval(sweeping)
      if (closing === undefined) sweeping = startSweep(host)
    },
    stats() {
      return {
        openConnections: host.sessions.size,
        openConversations: host.conversations.size,
        trackedSources: host.sources.size,
        counters: counters.snapshot(),
      }
    },
    close(graceMs) {
      closing ??= closeHost(host, services, graceMs).finally(() => clearInterval(sweeping))
      return closing
    },
  }
}

function startSweep(host: HostContext): NodeJS.Timeout {
  const { idleMs, maxSessionMs, udpIdleMs } = host.policy.limits
  const everyMs = Math.max(10, Math.min(sweepMs, idleMs / 4, maxSessionMs / 4, udpIdleMs / 4))
  const collection = new QuietCollection()
  return setInterval(() => {
    const now = host.nowMs()
    collection.look(host.sessions.size, host.counters.bytesReceived)
    for (const session of host.sessions) session.sweep(now)
    for (const conversation of host.conversations) conversation.sweep(now)
  }, everyMs).unref()
}

async function closeHost(
  host: HostContext,
  services: ReadonlySet<ListeningService>,
  graceMs: number,
): Promise<void> {
  host.writer.flush()
  await Promise.all([...services].map((service) => service.stop()))
  for (const session of host.sessions) session.stop()
  await emptied(host, graceMs)
  for (const session of host.sessions) session.destroy()
  // Sockets tell that they are closed in the next turns of the event loop.
  await emptied(host, 1_000)
  host.deadlines.close()
  host.writer.flush()
  await host.captures.settled()
}

/** Resolves when no session is left, or after `withinMs`. */
async function emptied(host: HostContext, withinMs: number): Promise<void> {
  const until = host.nowMs() + withinMs
  while (host.sessions.size > 0 && host.nowMs() < until) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

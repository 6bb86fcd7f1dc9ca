/** The sensor's host with the echo emulator and the real journal, alone in a process. `node sensor-echo.ts tcp|udp FOLDER` */
import { join } from "node:path"
import type { Persona } from "@propolis/core"
import { findEmulator } from "@propolis/emulators"
import { openJournal } from "@propolis/journal"
import { createHost } from "../../packages/sensor/src/host/create-host.ts"
import type { HostLimits } from "../../packages/sensor/src/host/types.ts"
import { reportUsage } from "../yardstick/usage.ts"

const [, , transport, folder] = process.argv as unknown as [string, string, "tcp" | "udp", string]

/** Every limit is on, none is reached: the generator is one source, an attack is many. */
const limits: HostLimits = {
  maxConnections: 50_000,
  maxConnectionsPerSource: 50_000,
  maxSessionsPerSecondPerSource: 1_000_000,
  idleMs: 300_000,
  maxSessionMs: 3_600_000,
  maxInputBytes: 1e12,
  maxOutputBytes: 1e12,
  maxBufferedBytes: 256 * 1024,
  maxEventsPerSecond: 10_000_000,
  udpIdleMs: 60_000,
  udpCreditBytesPerHour: 2_048,
  udpCreditBytesPerMinute: 65_536,
  udpMaxReplies: 1e12,
  maxTrackedSources: 10_000,
}

const persona: Persona = {
  name: "bench",
  hostName: "bench",
  domain: "example",
  system: {
    family: "linux",
    title: "Linux",
    issue: "Linux",
    kernel: "6",
    kernelBuild: "#1",
    machine: "x86_64",
  },
  bootedAt: 0,
  installedAt: 0,
  users: [],
  products: {},
  derive: (_label, count) => new Uint8Array(count),
}

const journal = await openJournal({ dir: join(folder, "journal") })
const host = createHost({
  sensor: "bench",
  persona,
  journal,
  limits,
  captureDir: join(folder, "captures"),
  captureMaxBytes: 0,
  tls: { key: "", cert: "" },
  log: (message) => console.error(message),
})
const service = await host.listen({
  name: "Echo",
  emulator: findEmulator("echo")!.emulator,
  options: {},
  transport,
  host: "127.0.0.1",
  port: 0,
  tls: false,
  proxyFrom: [],
})
reportUsage(
  { port: service.port },
  { counters: () => ({ ...host.stats().counters, journaled: journal.stats().records }) },
)

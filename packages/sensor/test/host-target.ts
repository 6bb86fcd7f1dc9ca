/** The sensor's real host as a target of transcripts: real sockets, a real journal, the recorded events kept. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Connection, decodeEvent, type Emulator, type Persona, type SensorEvent } from "@propolis/core"
import { openJournal } from "@propolis/journal"
import type { SocketTarget, VirtualClock } from "@propolis/testkit/emulator"
import { generousLimits, testTls } from "../src/host/host-fixture.ts"
import { createHost } from "../src/host/index.ts"

export interface HostTarget extends SocketTarget {
  /** What the journal holds, after the host was closed. */
  readonly journaled: Promise<readonly SensorEvent[]>
}

/** One service on a host of its own. */
export async function openHostTarget(
  emulator: Emulator,
  options: unknown,
  settings: { readonly persona: Persona; readonly transport: "tcp" | "udp"; readonly tls?: boolean },
): Promise<HostTarget> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-transcript-"))
  const journal = await openJournal({ dir: join(dir, "journal") })
  const seen: SensorEvent[] = []
  const host = createHost({
    sensor: "test-sensor",
    persona: settings.persona,
    journal,
    // What UDP honesty withholds is tested elsewhere; here every answer is to be seen.
    limits: {
      ...generousLimits,
      udpCreditBytesPerHour: 1_000_000,
      udpCreditBytesPerMinute: 1_000_000,
      udpMaxReplies: 1_000,
    },
    captureDir: join(dir, "captures"),
    captureMaxBytes: 1_000_000,
    tls: testTls(),
    log: (message) => {
      throw new Error(message)
    },
    onEvent: (event) => void seen.push(event),
  })
  const { transport, tls = false } = settings
  const definition = {
    name: "Test",
    emulator,
    options,
    transport,
    host: "127.0.0.1",
    port: 0,
    tls,
    proxyFrom: [],
  }
  const { port } = await host.listen(definition)
  let closing: Promise<void> | undefined
  let tellJournaled: (events: readonly SensorEvent[]) => void
  const journaled = new Promise<readonly SensorEvent[]>((resolve) => {
    tellJournaled = resolve
  })
  const ofTls = (event: SensorEvent) => "tlsVersion" in event.attributes
  return {
    host: "127.0.0.1",
    port,
    journaled,
    recorded: () =>
      seen.filter((event) => event.event === "INFO" && !ofTls(event)).map((event) => event.attributes),
    sessions: () => new Set(seen.map((event) => event.session)).size,
    receivedBytes: () => seen.reduce((sum, event) => sum + (event.event === "RX" ? event.bytes : 0), 0),
    close() {
      closing ??= (async () => {
        await host.close(5_000)
        const cursor = await journal.cursor("test")
        const slice = await cursor.read({ maxRecords: 10_000, maxBytes: 64 * 1024 * 1024 })
        await journal.close()
        await rm(dir, { recursive: true, force: true })
        const lines = slice === undefined ? [] : Buffer.from(slice.ndjson).toString("utf8").split("\n")
        tellJournaled(lines.filter((line) => line !== "").map((line) => decodeEvent(line)))
      })()
      return closing
    },
  }
}

/**
 * The emulator with a clock that is moved by hand, for transcripts that wait for longer than a test may:
 * what becomes due is run by a timer of the host at once.
 */
export function withClock(emulator: Emulator, clock: VirtualClock): Emulator {
  return {
    ...emulator,
    open(connection, options) {
      const after: Connection["after"] = (ms, run) => clock.after(ms, () => void connection.after(0, run))
      // A proxy, not a copy: the session's own state must stay its own.
      const clocked = new Proxy(connection, {
        get(target, name) {
          if (name === "after") return after
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === "function" ? value.bind(target) : value
        },
      })
      return emulator.open(clocked, options)
    },
  }
}

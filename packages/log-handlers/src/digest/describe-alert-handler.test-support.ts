/** Runs an alert handler over a hostile source, and gives the requests that came of it. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { LogHandler, LogHandlerPorts, SensorEvent } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { expect } from "vitest"
import {
  type Behaviour,
  type FakeHttpPeer,
  type ReceivedRequest,
  startFakeHttpPeer,
} from "../http/fake-http-peer.test-support.ts"

export const never = new AbortController().signal

/** One source's events: a connection, and words that a chat might obey. */
export function hostileEvents(): SensorEvent[] {
  const [first, second] = oddEvents(0, 2) as [SensorEvent, SensorEvent]
  const source = {
    remoteHost: "198.51.100.7",
    service: "Telnet",
    localPort: 10_023,
    protocol: "TCP" as const,
  }
  return [
    { ...first, ...source, event: "CONNECT", seq: 0, time: 1_700_000_000_000, attributes: {} },
    {
      ...second,
      ...source,
      event: "INFO",
      seq: 1,
      time: 1_700_000_004_000,
      attributes: {
        username: "<!channel> @everyone",
        password: "*b* _i_ `c` ~s~ |x| [a](http://evil.example)",
        command: `</code><a href="http://evil.example">&\u001b[31m\u202e`,
      },
    },
  ]
}

export interface AlertRun {
  readonly peer: FakeHttpPeer
  readonly logs: readonly string[]
  /** Where the handler keeps its state. */
  readonly dir: string
  open(options?: object, ports?: Partial<LogHandlerPorts>): ReturnType<LogHandler["open"]>
  /** The first request that fits, once it came. */
  received(fits?: (request: ReceivedRequest) => boolean): Promise<ReceivedRequest>
}

export async function withAlertHandler(
  handler: LogHandler,
  optionsOf: (url: string) => object,
  right: Behaviour,
  run: (running: AlertRun) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-alert-"))
  const peer = await startFakeHttpPeer(right)
  const logs: string[] = []
  const opened: Awaited<ReturnType<LogHandler["open"]>>[] = []
  try {
    await run({
      peer,
      logs,
      dir,
      async open(more = {}, ports = {}) {
        const options = handler.options.parse({
          hubUrl: "https://hub.example",
          digest: { windowMs: 20 },
          ...optionsOf(peer.url),
          ...more,
        })
        const own = {
          now: Date.now,
          log: (line: string) => logs.push(line),
          sensor: "sensor-1",
          dataDir: dir,
        }
        const open = await handler.open(options, { ...own, ...ports })
        opened.push(open)
        return open
      },
      async received(fits = () => true) {
        await expect.poll(() => peer.requests.some(fits), { timeout: 10_000 }).toBe(true)
        return peer.requests.find(fits)!
      },
    })
  } finally {
    for (const open of opened) await open.close()
    await peer.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** The message that comes of {@link hostileEvents}. */
export async function hostileMessage(
  handler: LogHandler,
  optionsOf: (url: string) => object,
  right: Behaviour,
  isMessage: (request: ReceivedRequest) => boolean = () => true,
): Promise<ReceivedRequest> {
  let message: ReceivedRequest | undefined
  await withAlertHandler(handler, optionsOf, right, async ({ open, received }) => {
    const running = await open()
    await running.deliver(batchOf(1, hostileEvents()), never)
    message = await received(isMessage)
  })
  return message!
}

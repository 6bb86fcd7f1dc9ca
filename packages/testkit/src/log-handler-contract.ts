/** What every log handler owes the pipeline, tried against its real peer (a folder, a server on the loopback). */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Batch,
  encodeEvent,
  type LogHandler,
  type OpenLogHandler,
  PropolisError,
  type SensorEvent,
} from "@propolis/core"
import { describe, expect, it } from "vitest"
import { z } from "zod"

/** A log handler with a peer of its own. */
export interface LogHandlerSubject {
  readonly handler: LogHandler
  /** As an operator writes them; checked by the handler's schema. */
  readonly options: unknown
  /** Ids of the events that the peer has, in the order in which it got them. */
  delivered(): Promise<readonly string[]>
  /** Makes every delivery fail, until what it returns is called. */
  breakPeer(): Promise<() => Promise<void>>
  /** Makes the peer take a delivery and never answer; left out where there is nothing to wait for. */
  stallPeer?(): void
  stop(): Promise<void>
}

const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const oddTexts = [
  "",
  "\u0000\u001b[31m",
  "\u202egnp.exe",
  "\u2028\u2029",
  "\ud800",
  '"\\\n\r\n',
  "<script>",
  "é😀",
  "{}\n{}",
]

/** Events that differ in everything that a handler may stumble over. */
export function oddEvents(first: number, count: number): SensorEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i
    const hex = n.toString(16).padStart(12, "0")
    return {
      id: `01890000-0000-7000-8000-${hex}`,
      time: 1_700_000_000_000 + n,
      sensor: "sensor-1",
      session: `01890000-0000-7000-9000-${hex}`,
      seq: n,
      protocol: n % 4 === 3 ? ("UDP" as const) : ("TCP" as const),
      event: (["CONNECT", "RX", "TX", "RX", "INFO", "DISCONNECT"] as const)[n % 6]!,
      service: n % 2 === 0 ? "Telnet" : "DNS.udp",
      emulator: "echo",
      localHost: "127.0.0.1",
      localPort: 10_023,
      remoteHost: n % 5 === 0 ? "2001:db8::7" : "198.51.100.7",
      remotePort: 40_000 + (n % 1_000),
      bytes: n % 3 === 0 ? 0 : 256,
      data: n % 3 === 0 ? new Uint8Array(0) : allBytes,
      sha256: "",
      attributes: n % 2 === 0 ? {} : { username: oddTexts[n % oddTexts.length]! },
    }
  })
}

export function batchOf(number: number, events: readonly SensorEvent[]): Batch {
  const ndjson = new TextEncoder().encode(events.map((event) => `${encodeEvent(event)}\n`).join(""))
  return { number, count: events.length, events, ndjson }
}

/** The contract: order, retry, abort, idempotent close, odd bytes, described options. */
export function describeLogHandler(name: string, start: (dir: string) => Promise<LogHandlerSubject>): void {
  async function withSubject(
    run: (subject: LogHandlerSubject, open: () => Promise<OpenLogHandler>) => Promise<void>,
  ) {
    const dir = await mkdtemp(join(tmpdir(), "propolis-handler-"))
    const subject = await start(dir)
    const opened: OpenLogHandler[] = []
    const open = async () => {
      const options = subject.handler.options.parse(subject.options)
      const ports = { now: Date.now, log: () => {}, sensor: "sensor-1", dataDir: dir }
      const handler = await subject.handler.open(options, ports)
      opened.push(handler)
      return handler
    }
    try {
      await run(subject, open)
    } finally {
      for (const handler of opened) await handler.close()
      await subject.stop()
      await rm(dir, { recursive: true, force: true })
    }
  }
  const never = new AbortController().signal
  const idsOf = (events: readonly SensorEvent[]) => events.map((event) => event.id)

  describe(`${name} as a log handler`, () => {
    it("delivers batches whole and in order, whatever bytes are in them", () =>
      withSubject(async (subject, open) => {
        const handler = await open()
        for (let n = 0; n < 5; n++) {
          const report = await handler.deliver(batchOf(n + 1, oddEvents(n * 20, 20)), never)
          expect(report?.rejected ?? []).toEqual([])
        }
        expect(await subject.delivered()).toEqual(idsOf(oddEvents(0, 100)))
      }))

    it("goes on where it was after it was closed and opened again", () =>
      withSubject(async (subject, open) => {
        const first = await open()
        await first.deliver(batchOf(1, oddEvents(0, 3)), never)
        await first.close()
        const second = await open()
        await second.deliver(batchOf(1, oddEvents(3, 3)), never)
        expect(await subject.delivered()).toEqual(idsOf(oddEvents(0, 6)))
      }))

    it("rejects with what may be tried again while its peer is broken, and takes the same batch afterwards", () =>
      withSubject(async (subject, open) => {
        const handler = await open()
        await handler.deliver(batchOf(1, oddEvents(0, 4)), never)
        const repair = await subject.breakPeer()
        for (let attempt = 0; attempt < 2; attempt++) {
          const error = await handler.deliver(batchOf(2, oddEvents(4, 4)), never).then(
            () => undefined,
            (cause: unknown) => cause,
          )
          expect(error).toBeInstanceOf(Error)
          expect(error instanceof PropolisError && !error.retry).toBe(false)
        }
        await repair()
        await handler.deliver(batchOf(2, oddEvents(4, 4)), never)
        expect(await subject.delivered()).toEqual(idsOf(oddEvents(0, 8)))
      }))

    it("delivers nothing for a signal that is aborted already, and ends on abort", () =>
      withSubject(async (subject, open) => {
        const handler = await open()
        await expect(handler.deliver(batchOf(1, oddEvents(0, 2)), AbortSignal.abort())).rejects.toThrow()
        expect(await subject.delivered()).toEqual([])
        if (subject.stallPeer === undefined) return
        subject.stallPeer()
        const stop = new AbortController()
        const delivery = handler.deliver(batchOf(1, oddEvents(0, 2)), stop.signal)
        const ended = expect(delivery).rejects.toThrow("stop now")
        setTimeout(() => stop.abort(new Error("stop now")), 30)
        await ended
      }))

    it("closes more than once, and without ever having delivered", () =>
      withSubject(async (_, open) => {
        const handler = await open()
        await handler.close()
        await Promise.all([handler.close(), handler.close()])
      }))

    it("describes every option", () =>
      withSubject(async ({ handler }) => {
        const schema = z.toJSONSchema(handler.options, { io: "input" }) as {
          properties?: Record<string, { description?: string }>
        }
        const silent = Object.entries(schema.properties ?? {}).filter(([, { description }]) => !description)
        expect(silent.map(([option]) => option)).toEqual([])
        expect(Object.keys(schema.properties ?? {}).length).toBeGreaterThan(0)
      }))
  })
}

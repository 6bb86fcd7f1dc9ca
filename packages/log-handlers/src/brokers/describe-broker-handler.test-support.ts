/** The contract of log handlers for a handler whose peer is a real broker, seen through a relay that can be cut. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LogHandler, type OpenLogHandler, PropolisError } from "@propolis/core"
import { requireProgram } from "@propolis/testkit"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { DebianPeer } from "../sockets/debian-peer.test-support.ts"
import { type Relay, startRelay } from "../sockets/relay.test-support.ts"
import { makeCertificate } from "../sockets/tcp-peer.test-support.ts"

export interface Consumer {
  /** Ids in the order in which the broker has them. */
  ids(): Promise<readonly string[]>
  stop(): Promise<void>
}

export interface BrokerSubject {
  readonly handler: LogHandler
  start(): Promise<DebianPeer>
  /** A place of its own in the broker for one test: options, and whoever reads what arrives there. */
  place(port: number, name: string): Promise<{ readonly options: object; readonly consumer: Consumer }>
  /** Whether an event whose acknowledgement was lost is there once. */
  readonly idempotent: boolean
  /** Whether a connection over TLS begins with TLS's hand-shake. Default: yes. */
  readonly startsWithTls?: boolean
}

export interface BrokerContext {
  readonly port: number
  open(port: number, options: object): Promise<OpenLogHandler>
}

const never = new AbortController().signal
const idsOf = (first: number, count: number) => oddEvents(first, count).map((event) => event.id)

/** Starts the broker once for all tests of `more` and the contract. */
export function describeBrokerHandler(
  name: string,
  subject: BrokerSubject,
  more: (context: BrokerContext) => void,
): void {
  let broker: DebianPeer
  let dir: string
  let places = 0
  const opened: OpenLogHandler[] = []
  beforeAll(async () => {
    broker = await subject.start()
    dir = await mkdtemp(join(tmpdir(), "propolis-broker-"))
  })
  afterAll(async () => {
    for (const handler of opened) await handler.close()
    await broker.stop()
    await rm(dir, { recursive: true, force: true })
  })
  const context: BrokerContext = {
    get port() {
      return broker.port
    },
    async open(port, options) {
      const parsed = subject.handler.options.parse({ host: "127.0.0.1", port, timeoutMs: 5_000, ...options })
      const ports = { now: Date.now, log: () => {}, sensor: "sensor-1", dataDir: dir }
      const handler = await subject.handler.open(parsed, ports)
      opened.push(handler)
      return handler
    },
  }
  async function place(): Promise<{ options: object; consumer: Consumer; relay: Relay }> {
    const made = await subject.place(broker.port, `place-${++places}`)
    return { ...made, relay: await startRelay(broker.port) }
  }

  describeLogHandler(name, async () => {
    const { options, consumer, relay } = await place()
    return {
      handler: subject.handler,
      options: { host: "127.0.0.1", port: relay.port, ...options },
      delivered: () => consumer.ids(),
      async breakPeer() {
        relay.cut()
        return async () => relay.mend()
      },
      stallPeer: () => relay.stall(),
      async stop() {
        await consumer.stop()
        await relay.stop()
      },
    }
  })

  describe(`${name} with a broker`, () => {
    it("sends a batch again whose acknowledgement was lost, so that every event is there", async () => {
      const { options, consumer, relay } = await place()
      const handler = await context.open(relay.port, { timeoutMs: 1_000, ...options })
      await handler.deliver(batchOf(1, oddEvents(0, 2)), never)
      relay.deafen()
      const batch = batchOf(2, oddEvents(2, 30))
      const error = await handler.deliver(batch, never).catch((cause: Error) => cause)
      expect(error).toBeInstanceOf(PropolisError)
      expect(error).toMatchObject({ code: "DELIVERY_FAILED", retry: true })
      relay.mend()
      await handler.deliver(batch, never)
      const ids = await consumer.ids()
      expect([...new Set(ids)]).toEqual(idsOf(0, 32))
      if (subject.idempotent) expect(ids.length).toBe(32)
      await handler.close()
      await consumer.stop()
      await relay.stop()
    })
    more(context)
    if (subject.startsWithTls === false) return
    it.runIf(requireProgram("openssl", "openssl"))(
      "speaks TLS, to the certificate that was named only",
      async () => {
        const { options, consumer } = await subject.place(broker.port, `place-${++places}`)
        const relay = await startRelay(broker.port, makeCertificate(dir))
        const trusting = await context.open(relay.port, { ...options, tls: true, tlsCaFile: "peer.crt" })
        await trusting.deliver(batchOf(1, oddEvents(0, 3)), never)
        const strict = await context.open(relay.port, { ...options, tls: true })
        const failed = { code: "DELIVERY_FAILED", retry: true }
        await expect(strict.deliver(batchOf(1, oddEvents(3, 3)), never)).rejects.toMatchObject(failed)
        expect(await consumer.ids()).toEqual(idsOf(0, 3))
        await trusting.close()
        await consumer.stop()
        await relay.stop()
      },
    )
  })
}

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { LogHandler, OpenLogHandler } from "@propolis/core"
import { requireProgram } from "@propolis/testkit"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { makeCertificate, startTcpPeer, type TcpPeer } from "../sockets/tcp-peer.test-support.ts"
import { logstashLogHandler } from "./logstash-handler.ts"

const never = new AbortController().signal
const idsOf = (first: number, count: number) => oddEvents(first, count).map((event) => event.id)

/** As a tcp input with codec json_lines reads them. */
function idsIn(peer: TcpPeer): string[] {
  return peer.received.flatMap((bytes) =>
    bytes
      .toString()
      .split("\n")
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { event: { id: string } }).event.id),
  )
}

describeLogHandler("logstash", async () => {
  const peer = await startTcpPeer()
  let isUp = true
  return {
    handler: logstashLogHandler as LogHandler,
    options: { host: "127.0.0.1", port: peer.port },
    delivered: async () => idsIn(peer),
    async breakPeer() {
      isUp = false
      await peer.down()
      return async () => {
        await peer.up()
        isUp = true
      }
    },
    stallPeer: () => peer.stall(),
    stop: async () => {
      if (isUp) await peer.down()
    },
  }
})

describe("logstash's connection", () => {
  let dir: string
  const opened: OpenLogHandler[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "propolis-logstash-"))
  })
  afterEach(async () => {
    for (const handler of opened.splice(0)) await handler.close()
    await rm(dir, { recursive: true, force: true })
  })
  async function open(port: number, options: object = {}): Promise<OpenLogHandler> {
    const parsed = logstashLogHandler.options.parse({ host: "127.0.0.1", port, ...options })
    const ports = { now: Date.now, log: () => {}, sensor: "s", dataDir: dir }
    const handler = await logstashLogHandler.open(parsed, ports)
    opened.push(handler)
    return handler
  }

  it("is closed behind a batch, so that a batch reset half-way is known not to have arrived", async () => {
    const peer = await startTcpPeer()
    const handler = await open(peer.port)
    peer.stall()
    const large = batchOf(1, oddEvents(0, 5_000))
    const ended = expect(handler.deliver(large, never)).rejects.toMatchObject({
      code: "DELIVERY_FAILED",
      retry: true,
    })
    await expect.poll(() => peer.connections).toBe(1)
    peer.reset()
    await ended
    await peer.down()
  })

  it("is kept with confirm: false, and made anew after the peer closed it", async () => {
    const peer = await startTcpPeer()
    const handler = await open(peer.port, { confirm: false })
    await handler.deliver(batchOf(1, oddEvents(0, 3)), never)
    await handler.deliver(batchOf(2, oddEvents(3, 3)), never)
    await expect.poll(() => idsIn(peer)).toEqual(idsOf(0, 6))
    expect(peer.connections).toBe(1)
    await peer.down()
    await expect
      .poll(() =>
        handler.deliver(batchOf(3, oddEvents(6, 3)), never).then(
          () => "sent",
          () => "failed",
        ),
      )
      .toBe("failed")
    await peer.up()
    await handler.deliver(batchOf(3, oddEvents(6, 3)), never)
    await expect.poll(() => idsIn(peer)).toEqual(idsOf(0, 9))
    await handler.close()
    await peer.down()
  })

  it("tells what to do about a peer that never closes", async () => {
    const peer = await startTcpPeer({ keepsOpen: true })
    const handler = await open(peer.port, { timeoutMs: 150 })
    await expect(handler.deliver(batchOf(1, oddEvents(0, 1)), never)).rejects.toThrow("confirm: false")
    await peer.down()
  })

  it.runIf(requireProgram("openssl", "openssl"))(
    "speaks TLS, to the certificate that was named only",
    async () => {
      const { cert, key } = makeCertificate(dir)
      const peer = await startTcpPeer({ tls: { cert, key } })
      const trusting = await open(peer.port, { tls: true, tlsCaFile: "peer.crt" })
      await trusting.deliver(batchOf(1, oddEvents(0, 50)), never)
      expect(idsIn(peer)).toEqual(idsOf(0, 50))
      const strict = await open(peer.port, { tls: true })
      await expect(strict.deliver(batchOf(1, oddEvents(0, 1)), never)).rejects.toMatchObject({ retry: true })
      expect(idsIn(peer)).toEqual(idsOf(0, 50))
      await expect(open(peer.port, { tls: true, tlsCaFile: "none" })).rejects.toMatchObject({
        code: "CONFIG_UNREADABLE",
      })
      await peer.down()
    },
  )
})

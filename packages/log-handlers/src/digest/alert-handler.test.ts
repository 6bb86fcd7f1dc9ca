import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { LogHandler, SensorEvent } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { slackLogHandler } from "../slack/slack-handler.ts"
import { never, withAlertHandler } from "./describe-alert-handler.test-support.ts"

const handler = slackLogHandler as LogHandler
const webhook = (url: string) => ({ webhookUrl: `${url}/hook` })
const ok = answer(200, "ok")
const textOf = ({ body }: { body: Buffer }) => (JSON.parse(body.toString()) as { text: string }).text

/** A scan of many ports by one source: a connection and its end for each. */
function scan(ports: number, source = "203.0.113.9"): SensorEvent[] {
  return oddEvents(0, ports * 2).map((event, i) => ({
    ...event,
    time: 1_700_000_000_000 + i * 20,
    protocol: "TCP",
    event: i % 2 === 0 ? "CONNECT" : "DISCONNECT",
    seq: i % 2,
    localPort: 1 + (i >> 1),
    service: `Port.${1 + (i >> 1)}`,
    remoteHost: source,
  }))
}

describe("an alert handler", () => {
  it("sends one message about a scan of 1,000 ports", () =>
    withAlertHandler(handler, webhook, ok, async ({ open, peer, received }) => {
      const running = await open({ digest: { windowMs: 300 } })
      const events = scan(1_000)
      for (let n = 0; n < 20; n++)
        await running.deliver(batchOf(n + 1, events.slice(n * 100, n * 100 + 100)), never)
      const message = await received()
      expect(textOf(message).split("\n")[0]).toBe("*203.0.113.9* touched 1,000 ports in 40 s")
      // More of the same falls into the silence after it.
      await running.deliver(batchOf(21, scan(50)), never)
      await new Promise((resolve) => setTimeout(resolve, 400))
      expect(peer.requests).toHaveLength(1)
    }))

  it("takes no more batches while nobody takes messages, and then sends what it has", () =>
    withAlertHandler(handler, webhook, ok, async ({ open, peer, received, logs }) => {
      const running = await open({ digest: { windowMs: 20 } })
      peer.always = answer(500, "down")
      await running.deliver(batchOf(1, scan(2, "198.51.100.1")), never)
      await received()
      await expect(running.deliver(batchOf(2, scan(2, "198.51.100.2")), never)).rejects.toMatchObject({
        retry: true,
      })
      expect(logs.filter((line) => line.includes("could not be sent: Slack answered 500"))).toHaveLength(1)
      peer.always = undefined
      await running.deliver(batchOf(2, scan(2, "198.51.100.2")), never)
      await received((request) => textOf(request).startsWith("*198.51.100.2*"))
      const texts = peer.requests.map((request) => textOf(request).split(" ")[0])
      expect(texts.slice(-2)).toEqual(["*198.51.100.1*", "*198.51.100.2*"])
    }))

  it("keeps what it gathered over a restart, and what it could not send", () =>
    withAlertHandler(handler, webhook, ok, async ({ open, peer, received }) => {
      const first = await open({ digest: { windowMs: 3_600_000 } })
      await first.deliver(batchOf(1, scan(3, "198.51.100.1")), never)
      await first.close()
      expect(peer.requests).toEqual([])
      const second = await open({ digest: { windowMs: 20 } })
      peer.next.push(answer(500))
      await second.deliver(batchOf(1, scan(2, "198.51.100.2")), never)
      await received()
      await second.close()
      const third = await open({ digest: { windowMs: 20, silenceMs: 0 } })
      await received(
        (request) => request !== peer.requests[0] && textOf(request).startsWith("*198.51.100.2*"),
      )
      await third.close()
    }))

  it("keeps the state of two of its kind apart, in files that only its owner reads", () =>
    withAlertHandler(handler, webhook, ok, async ({ open, dir }) => {
      for (const name of ["team/a", "b"]) {
        const running = await open({ digest: { windowMs: 3_600_000 } }, { name })
        await running.deliver(batchOf(1, scan(2, `198.51.100.${name.length}`)), never)
      }
      expect(await readFile(join(dir, "alerts", "team%2Fa.json"), "utf8")).toContain('"198.51.100.6"')
      expect(await readFile(join(dir, "alerts", "b.json"), "utf8")).toContain('"198.51.100.1"')
    }))

  it("drops a message that is refused for good, tells so, and goes on", () =>
    withAlertHandler(handler, webhook, ok, async ({ open, peer, received, logs }) => {
      const running = await open({ digest: { windowMs: 20 } })
      peer.next.push(answer(400, "no_text"))
      await running.deliver(batchOf(1, scan(2, "198.51.100.1")), never)
      await received()
      await expect
        .poll(() => logs.join())
        .toContain("refused for good and is dropped: Slack answered 400: no_text")
      await running.deliver(batchOf(2, scan(2, "198.51.100.2")), never)
      await received((request) => textOf(request).startsWith("*198.51.100.2*"))
    }))

  it("sends a heartbeat though nothing happens", () =>
    withAlertHandler(handler, webhook, ok, async ({ open, received }) => {
      await open({ digest: { heartbeatMs: 30 } })
      expect(textOf(await received())).toMatch(/^Sensor sensor-1 is alive: 0 events, 0 messages in /)
    }))

  it("ends a delivery that waits for its peer when it is aborted", () =>
    withAlertHandler(handler, webhook, ok, async ({ open, peer, received }) => {
      const running = await open({ digest: { windowMs: 10 } })
      peer.always = () => {}
      await running.deliver(batchOf(1, scan(1, "198.51.100.1")), never)
      await received()
      await running.close()
    }))
})

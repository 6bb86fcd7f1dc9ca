import { createHash } from "node:crypto"
import type { LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  describeHttpHandler,
  type HttpSubject,
  withHttpSubject,
} from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { honeydbLogHandler } from "./honeydb-handler.ts"

const never = new AbortController().signal
const key = "sensor-key-that-nobody-may-see"
const all = oddEvents(0, 100)

/** HoneyDB knows no ids: the events of the tests are told apart by their session. */
const idOfSession = new Map(all.map((event) => [event.session, event.id]))
const hmac = { status: "Success", hmac_hash: "9f", hmac_message: "hmac-that-nobody-may-see" }

const subject: HttpSubject = {
  handler: honeydbLogHandler as LogHandler,
  options: (url) => ({
    url: `${url}/api`,
    apiId: "id-1",
    apiKey: key,
    events: ["CONNECT", "RX", "TX", "INFO", "DISCONNECT"],
  }),
  right(request, take) {
    if (request.path === "/api/hmac") {
      return answer(200, { ...hmac, collectors: [`http://${request.headers.host}/collect`] })
    }
    const body = JSON.parse(request.body.toString()) as { session: string }
    take([idOfSession.get(body.session)!])
    return answer(200, { status: "Success" })
  },
  isDelivery: (request) => request.path === "/collect",
  secrets: [key, hmac.hmac_message],
  halves: false,
}

describeHttpHandler("honeydb", subject)

describe("honeydb's hand-shake", () => {
  it("asks once for the hmac with two headers, then posts every event as HoneyPy does", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open({ events: ["CONNECT", "RX", "TX"] })
      const events = oddEvents(0, 12)
      await handler.deliver(batchOf(1, events), never)
      const [first, ...posts] = peer.requests
      expect(first).toMatchObject({ method: "GET", path: "/api/hmac", body: Buffer.alloc(0) })
      expect(first!.headers).toMatchObject({
        "x-honeydb-apiid": "id-1",
        "x-honeydb-apikey": key,
        "user-agent": "HoneyPy Honeypot",
      })
      const sent = events.filter((event) => ["CONNECT", "RX", "TX"].includes(event.event))
      expect(posts.length).toBe(sent.length)
      for (const [i, post] of posts.entries()) {
        const event = sent[i]!
        expect(post).toMatchObject({ method: "POST", path: "/collect" })
        expect(post.headers["content-type"]).toBe("application/json")
        expect(post.headers["x-honeydb-apikey"]).toBeUndefined()
        const time = new Date(event.time)
        const body = JSON.parse(post.body.toString())
        const data = Buffer.from(event.data).toString("hex")
        expect(body).toEqual({
          date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
          time: expect.stringMatching(/^\d\d:\d\d:\d\d$/),
          date_time: `${body.date} ${body.time}`,
          millisecond: String(time.getMilliseconds()).padStart(3, "0"),
          hmac_hash: hmac.hmac_hash,
          hmac_message: hmac.hmac_message,
          session: event.session,
          protocol: event.protocol,
          event: event.event,
          service: event.service,
          local_host: event.localHost,
          local_port: String(event.localPort),
          remote_host: event.remoteHost,
          remote_port: String(event.remotePort),
          data,
          bytes: String(data.length),
          data_hash: createHash("md5").update(data).digest("hex"),
          node: expect.stringMatching(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/),
        })
        expect(new Date(`${body.date}T${body.time}.${body.millisecond}`).getTime()).toBe(event.time)
      }
    }))

  it("fetches a new hmac when a collector says that it is invalid", () =>
    withHttpSubject(subject, async ({ peer, ids, open }) => {
      const handler = await open()
      peer.next.push(
        (request, response) => subject.right(request, () => {})(request, response),
        answer(200, { status: "Invalid HMAC" }),
      )
      await handler.deliver(batchOf(1, all.slice(0, 2)), never)
      expect(peer.requests.map((request) => request.path)).toEqual([
        "/api/hmac",
        "/collect",
        "/api/hmac",
        "/collect",
        "/collect",
      ])
      expect(ids).toEqual(all.slice(0, 2).map((event) => event.id))
    }))

  it("gives up an attempt after three invalid hmacs, keeps the event, and takes it up again", () =>
    withHttpSubject(subject, async ({ peer, ids, open }) => {
      const handler = await open()
      peer.always = (request, response) =>
        (request.path === "/collect"
          ? answer(200, { status: "Invalid HMAC" })
          : subject.right(request, () => {}))(request, response)
      const batch = batchOf(1, all.slice(0, 2))
      for (let n = 1; n <= 4; n++) {
        await expect(handler.deliver(batch, never)).rejects.toMatchObject({ retry: true })
        expect(peer.requests.filter(({ path }) => path === "/collect").length).toBe(3 * n)
      }
      peer.always = undefined
      await handler.deliver(batch, never)
      expect(ids).toEqual(batch.events.map((event) => event.id))
    }))

  it("keeps as dead letter what a living collector refused three times, and goes on behind it", () =>
    withHttpSubject(subject, async ({ peer, ids, open }) => {
      const handler = await open()
      const bad = all[1]!
      const refuse = answer(200, { status: "Bogon\u001b[31m" })
      const right = subject.right
      peer.always = (request, response) => {
        if (request.body.includes(bad.session)) return refuse(request, response)
        right(request, (more) => (ids as string[]).push(...more))(request, response)
      }
      const batch = batchOf(1, all.slice(0, 3))
      await expect(handler.deliver(batch, never)).rejects.toMatchObject({ retry: true })
      await expect(handler.deliver(batch, never)).rejects.toMatchObject({ retry: true })
      expect(await handler.deliver(batch, never)).toEqual({
        rejected: [{ index: 1, reason: "refused 3 times: Bogon\\x1b[31m" }],
      })
      expect(ids).toEqual([all[0]!.id, all[2]!.id])
    }))

  it.each([
    ["another status", { status: "Denied" }],
    ["no collectors", { ...hmac, collectors: [] }],
    ["a collector that is no URL", { ...hmac, collectors: ["file:///etc/passwd"] }],
  ])("tries again after an hmac with %s", (_, body) =>
    withHttpSubject(subject, async ({ peer, ids, open }) => {
      const handler = await open()
      peer.next.push(answer(200, body))
      const batch = batchOf(1, all.slice(0, 1))
      const error = await handler.deliver(batch, never).catch((cause: Error) => cause)
      expect(error).toMatchObject({ code: "DELIVERY_FAILED", retry: true })
      expect((error as Error).message).not.toContain(hmac.hmac_message)
      expect(ids).toEqual([])
      await handler.deliver(batch, never)
      expect(ids).toEqual([all[0]!.id])
    }),
  )

  it("keeps the sensor's own address and name to itself where asked to", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open({ localHost: "192.0.2.1", node: "02:00:00:00:00:01" })
      await handler.deliver(batchOf(1, all.slice(0, 1)), never)
      const body = JSON.parse(peer.requests.at(-1)!.body.toString())
      expect(body).toMatchObject({ local_host: "192.0.2.1", node: "02:00:00:00:00:01" })
    }))
})

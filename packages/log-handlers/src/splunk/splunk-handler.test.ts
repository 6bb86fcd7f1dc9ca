import { encodeEvent, type LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  describeHttpHandler,
  type HttpSubject,
  withHttpSubject,
} from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { splunkLogHandler } from "./splunk-handler.ts"

const never = new AbortController().signal
const token = "11111111-2222-3333-4444-555555555555"

interface Envelope {
  readonly event: { readonly id: string }
}
const envelopesOf = (body: Buffer) =>
  body
    .toString()
    .split("\n")
    .map((line) => JSON.parse(line) as Envelope)

const subject: HttpSubject = {
  handler: splunkLogHandler as LogHandler,
  options: (url) => ({ url, token }),
  right(request, take) {
    take(envelopesOf(request.body).map(({ event }) => event.id))
    return answer(200, { text: "Success", code: 0 })
  },
  secrets: [token],
}

describeHttpHandler("splunk", subject)

describe("splunk's HTTP Event Collector", () => {
  it("gets envelopes with the event's own time, the sensor as host, and the token", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open({ index: "honey", channel: "c-1" })
      const events = oddEvents(0, 6)
      await handler.deliver(batchOf(1, events), never)
      expect(peer.requests[0]).toMatchObject({ method: "POST", path: "/services/collector/event" })
      expect(peer.requests[0]!.headers).toMatchObject({
        authorization: `Splunk ${token}`,
        "content-encoding": "gzip",
        "x-splunk-request-channel": "c-1",
      })
      expect(envelopesOf(peer.requests[0]!.body)).toEqual(
        events.map((event) => ({
          time: event.time / 1_000,
          host: "sensor-1",
          source: "propolis",
          sourcetype: "propolis:event",
          index: "honey",
          event: JSON.parse(encodeEvent(event)),
        })),
      )
    }))

  it.each([
    ["no code 0", answer(200, { text: "Data channel is missing", code: 10 })],
    ["an index that is none", answer(400, { text: "Incorrect index", code: 7, "invalid-event-number": 0 })],
    ["a busy server", answer(503, { text: "Server is busy", code: 9 })],
  ])("keeps the batch after %s", (_, behaviour) =>
    withHttpSubject(subject, async ({ peer, ids, open }) => {
      const handler = await open()
      peer.next.push(behaviour)
      const batch = batchOf(1, oddEvents(0, 2))
      await expect(handler.deliver(batch, never)).rejects.toMatchObject({ retry: true })
      await handler.deliver(batch, never)
      expect(ids.length).toBe(2)
    }),
  )
})

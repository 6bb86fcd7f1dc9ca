import { bytesToBase64, type LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  describeHttpHandler,
  type HttpSubject,
  withHttpSubject,
} from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { opentelemetryLogHandler } from "./opentelemetry-handler.ts"

const never = new AbortController().signal

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, string>>
}
interface Logs {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeLogs: readonly {
      readonly scope: object
      readonly logRecords: readonly (Record<string, unknown> & {
        readonly attributes: readonly Attribute[]
      })[]
    }[]
  }[]
}
const logsOf = (body: Buffer) => JSON.parse(body.toString()) as Logs
const mapOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? BigInt(value.intValue!)]))
const recordsOf = (body: Buffer) => logsOf(body).resourceLogs[0]!.scopeLogs[0]!.logRecords

const subject: HttpSubject = {
  handler: opentelemetryLogHandler as LogHandler,
  options: (url) => ({ url: `${url}/otlp/`, headers: { authorization: "Basic that-nobody-may-see" } }),
  right(request, take) {
    take(recordsOf(request.body).map(({ attributes }) => String(mapOf(attributes)["log.record.uid"])))
    return answer(200, {})
  },
  secrets: ["that-nobody-may-see"],
}

describeHttpHandler("opentelemetry", subject)

describe("opentelemetry's logs", () => {
  it("are OTLP/HTTP JSON", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      const events = oddEvents(0, 12)
      await handler.deliver(batchOf(1, events), never)
      expect(peer.requests[0]).toMatchObject({ method: "POST", path: "/otlp/v1/logs" })
      expect(peer.requests[0]!.headers).toMatchObject({
        "content-type": "application/json",
        "content-encoding": "gzip",
        authorization: "Basic that-nobody-may-see",
      })
      const { resourceLogs } = logsOf(peer.requests[0]!.body)
      expect(mapOf(resourceLogs[0]!.resource.attributes)).toEqual({
        "service.name": "propolis",
        "service.instance.id": "sensor-1",
      })
      const records = recordsOf(peer.requests[0]!.body)
      expect(records.length).toBe(12)
      for (const [i, record] of records.entries()) {
        const event = events[i]!
        expect(record).toMatchObject({
          timeUnixNano: `${event.time}000000`,
          observedTimeUnixNano: "1700000000000000000",
          severityNumber: 9,
          eventName: `propolis.${event.event.toLowerCase()}`,
        })
        expect((record.body as { stringValue: string }).stringValue).toMatch(
          /^[A-Z]+ (?:Telnet|DNS.udp) (?:TCP|UDP) [^\u0000-\u001f]+$/,
        )
        expect(mapOf(record.attributes)).toMatchObject({
          "source.address": event.remoteHost,
          "source.port": BigInt(event.remotePort),
          "propolis.seq": BigInt(event.seq),
          ...(event.data.length > 0 ? { "propolis.data": bytesToBase64(event.data) } : {}),
        })
      }
    }))

  it("tells of records that the collector refused", () =>
    withHttpSubject(subject, async ({ peer, logs, open }) => {
      const handler = await open()
      const partialSuccess = { rejectedLogRecords: "2", errorMessage: "too\u001b[0m old" }
      peer.next.push(answer(200, { partialSuccess }))
      await handler.deliver(batchOf(1, oddEvents(0, 3)), never)
      expect(logs).toEqual(["the OTLP collector refused 2 records: too\\x1b[0m old"])
    }))

  it("goes to the dead letters where the collector calls it bad data", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      peer.next.push(answer(400, { message: "bad" }))
      await expect(handler.deliver(batchOf(1, oddEvents(0, 3)), never)).rejects.toMatchObject({
        code: "DELIVERY_REFUSED",
        retry: false,
      })
    }))
})

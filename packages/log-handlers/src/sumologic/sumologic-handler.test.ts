import type { LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  describeHttpHandler,
  type HttpSubject,
  withHttpSubject,
} from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { sumologicLogHandler } from "./sumologic-handler.ts"

const never = new AbortController().signal

const subject: HttpSubject = {
  handler: sumologicLogHandler as LogHandler,
  options: (url) => ({ url: `${url}/receiver/v1/http/path-that-nobody-may-see==` }),
  right(request, take) {
    const lines = request.body.toString().split("\n").slice(0, -1)
    take(lines.map((line) => (JSON.parse(line) as { id: string }).id))
    return answer(200)
  },
  secrets: ["path-that-nobody-may-see"],
}

describeHttpHandler("sumologic", subject)

describe("sumologic's HTTP source", () => {
  it("gets lines of JSON, and name, host and category in headers", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open({ category: "honey/pot" })
      const batch = batchOf(1, oddEvents(0, 6))
      await handler.deliver(batch, never)
      const [request] = peer.requests
      expect(request).toMatchObject({
        method: "POST",
        path: "/receiver/v1/http/path-that-nobody-may-see==",
        body: Buffer.from(batch.ndjson),
      })
      expect(request!.headers).toMatchObject({
        "content-encoding": "gzip",
        "x-sumo-name": "propolis",
        "x-sumo-host": "sensor-1",
        "x-sumo-category": "honey/pot",
      })
    }))

  it("sends HoneyPy's fields where asked to", () =>
    withHttpSubject({ ...subject, right: () => answer(200) }, async ({ peer, open }) => {
      const handler = await open({ format: "honeypy", compress: false })
      await handler.deliver(batchOf(1, oddEvents(1, 1)), never)
      expect(JSON.parse(peer.requests[0]!.body.toString())).toMatchObject({
        remote_port: "40001",
        bytes: "512",
      })
      expect(peer.requests[0]!.headers["content-encoding"]).toBeUndefined()
    }))
})

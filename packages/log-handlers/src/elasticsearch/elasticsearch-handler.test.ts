import type { LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  describeHttpHandler,
  type HttpSubject,
  withHttpSubject,
} from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { elasticsearchLogHandler } from "./elasticsearch-handler.ts"
import { indexTemplate } from "./index-template.ts"

const never = new AbortController().signal
const bulkPath = "/_bulk?filter_path=items.create.status,items.create.error.type,items.create.error.reason"

interface Line {
  readonly create?: { readonly _index: string; readonly _id: string }
}
const linesOf = (body: Buffer) => {
  const text = body.toString()
  expect(text.endsWith("\n")).toBe(true)
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Line & Record<string, unknown>)
}

const subject: HttpSubject = {
  handler: elasticsearchLogHandler as LogHandler,
  options: (url) => ({ url, apiKey: "key-that-nobody-may-see==" }),
  right(request, take) {
    if (request.method === "PUT") return answer(200, { acknowledged: true })
    const ids = linesOf(request.body).flatMap((line) => (line.create ? [line.create._id] : []))
    take(ids)
    return answer(200, { items: ids.map(() => ({ create: { status: 201 } })) })
  },
  isDelivery: (request) => request.method === "POST",
  secrets: ["key-that-nobody-may-see"],
}

describeHttpHandler("elasticsearch", subject)

describe("elasticsearch's bulk API", () => {
  it("gets the template, then create operations by id in the index of the event's day", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      const events = oddEvents(0, 6)
      await handler.deliver(batchOf(1, events), never)
      const [template, bulk] = peer.requests
      expect(template).toMatchObject({ method: "PUT", path: "/_index_template/propolis-events" })
      expect(JSON.parse(template!.body.toString())).toEqual(indexTemplate("propolis-events"))
      expect(bulk).toMatchObject({ method: "POST", path: bulkPath })
      expect(bulk!.headers).toMatchObject({
        authorization: "ApiKey key-that-nobody-may-see==",
        "content-type": "application/x-ndjson",
        "content-encoding": "gzip",
      })
      const lines = linesOf(bulk!.body)
      for (const [i, event] of events.entries()) {
        expect(lines[i * 2]).toEqual({ create: { _index: "propolis-events-2023.11.14", _id: event.id } })
        expect(lines[i * 2 + 1]).toMatchObject({
          "@timestamp": new Date(event.time).toISOString(),
          event: { id: event.id, kind: "event", sequence: event.seq },
          source: { ip: event.remoteHost, port: event.remotePort },
          network: { transport: event.protocol.toLowerCase() },
        })
      }
    }))

  it("counts 409 as delivered, refuses 400 for good, item by item", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open({ template: false })
      const error = { type: "document_parsing_exception", reason: "bad\u001b[0m" }
      const statuses = [201, 409, 400, 200]
      const items = statuses.map((status) => ({ create: status === 400 ? { status, error } : { status } }))
      peer.next.push(answer(200, { items }))
      expect(await handler.deliver(batchOf(1, oddEvents(0, 4)), never)).toEqual({
        rejected: [{ index: 2, reason: "document_parsing_exception: bad\\x1b[0m" }],
      })
    }))

  it.each([429, 503, 403, 404])("sends the batch again for an item with %i", (status) =>
    withHttpSubject(subject, async ({ peer, ids, open }) => {
      const handler = await open()
      const error = { type: "es_rejected_execution_exception", reason: "queue full" }
      const items = [{ create: { status: 201 } }, { create: { status, error } }]
      peer.next.push(answer(200, { items }))
      const batch = batchOf(1, oddEvents(0, 2))
      await expect(handler.deliver(batch, never)).rejects.toMatchObject({ retry: true })
      await handler.deliver(batch, never)
      expect(ids).toEqual(batch.events.map((event) => event.id))
    }),
  )

  it.each([
    ["fewer items than events", { items: [{ create: { status: 201 } }] }],
    ["no items", { took: 3 }],
    ["no JSON", "<html>"],
  ])("does not take %s for a success", (_, body) =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      peer.next.push(answer(200, body))
      await expect(handler.deliver(batchOf(1, oddEvents(0, 2)), never)).rejects.toMatchObject({ retry: true })
    }),
  )

  it("goes on without the template where it may not install it, and does not open where that fails", () =>
    withHttpSubject(subject, async ({ peer, ids, logs, open }) => {
      peer.next.push(answer(403))
      const handler = await open({ apiKey: undefined, username: "u", password: "p w" })
      expect(logs).toEqual(["may not install the index template; going on without"])
      await handler.deliver(batchOf(1, oddEvents(0, 1)), never)
      expect(ids.length).toBe(1)
      expect(peer.requests[1]!.headers.authorization).toBe(`Basic ${btoa("u:p w")}`)
      peer.next.push(answer(500))
      await expect(open()).rejects.toMatchObject({ code: "DELIVERY_FAILED" })
    }))

  it.each([
    ["two credentials", { apiKey: "a", username: "u", password: "p" }],
    ["a user without password", { username: "u" }],
    ["an index of capitals", { index: "Propolis" }],
  ])("refuses %s", (_, options) => {
    const parsed = elasticsearchLogHandler.options.safeParse({ url: "http://127.0.0.1:9200", ...options })
    expect(parsed.success).toBe(false)
  })
})

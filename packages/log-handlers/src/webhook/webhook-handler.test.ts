import { createHmac } from "node:crypto"
import { encodeEvent, type LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  hostileEvents,
  hostileMessage,
  never,
  withAlertHandler,
} from "../digest/describe-alert-handler.test-support.ts"
import { describeHttpHandler } from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { webhookLogHandler } from "./webhook-handler.ts"

const handler = webhookLogHandler as LogHandler
const ok = answer(204)
const secrets = ["url-secret", "header-secret", "signing-secret"]
const secretOptions = (url: string) => ({
  url: `${url}/in/url-secret?k=url-secret`,
  headers: { Authorization: "Bearer header-secret" },
  signingKey: "signing-secret",
})

describeHttpHandler("webhook with batches", {
  handler,
  options: secretOptions,
  right(request, take) {
    take((JSON.parse(request.body.toString()) as { id: string }[]).map((event) => event.id))
    return ok
  },
  secrets,
})

describeHttpHandler("webhook with single events", {
  handler,
  options: (url) => ({ ...secretOptions(url), send: "single" }),
  right(request, take) {
    take([(JSON.parse(request.body.toString()) as { id: string }).id])
    return ok
  },
  secrets,
  halves: false,
})

describe("the webhook log handler", () => {
  it("signs the body, and gives a repetition the same delivery id", () =>
    withAlertHandler(handler, secretOptions, ok, async ({ open, peer }) => {
      const running = await open({ signatureHeader: "X-Hub-Signature-256" })
      peer.next.push(answer(500))
      const events = oddEvents(0, 5)
      await expect(running.deliver(batchOf(1, events), never)).rejects.toThrow("500")
      await running.deliver(batchOf(1, events), never)
      await running.deliver(batchOf(2, oddEvents(5, 1)), never)
      const [first, second, third] = peer.requests
      const body = `[${events.map(encodeEvent).join(",")}]`
      expect(second!.body.toString()).toBe(body)
      expect(second!.headers).toMatchObject({
        "content-type": "application/json",
        authorization: "Bearer header-secret",
        "x-hub-signature-256": `sha256=${createHmac("sha256", "signing-secret").update(body).digest("hex")}`,
        "x-propolis-delivery": first!.headers["x-propolis-delivery"],
      })
      expect(third!.headers["x-propolis-delivery"]).not.toBe(first!.headers["x-propolis-delivery"])
    }))

  it("writes batches as NDJSON, and by PUT", () =>
    withAlertHandler(
      handler,
      (url) => ({ url, format: "ndjson", method: "PUT" }),
      ok,
      async ({ open, peer }) => {
        const batch = batchOf(1, oddEvents(0, 5))
        await (await open()).deliver(batch, never)
        expect(peer.requests[0]).toMatchObject({ method: "PUT", path: "/" })
        expect(peer.requests[0]!.headers["content-type"]).toBe("application/x-ndjson")
        expect(peer.requests[0]!.body.equals(batch.ndjson)).toBe(true)
      },
    ))

  it.each([
    [
      "JSON",
      undefined,
      '{"content":"{source} {service}"}',
      String.raw`{"content":"198.51.100.7 Te\"l\\net"}`,
    ],
    ["a form", "application/x-www-form-urlencoded", "t={source}+{service}", "t=198.51.100.7+Te%22l%5Cnet"],
    ["text", "text/plain", "{source} {service} {unknown}", String.raw`198.51.100.7 Te"l\net {unknown}`],
  ])("fills a template as its media type needs it: %s", (_, contentType, template, expected) =>
    withAlertHandler(
      handler,
      (url) => ({ url, send: "single", template, ...(contentType === undefined ? {} : { contentType }) }),
      ok,
      async ({ open, peer }) => {
        const [event] = hostileEvents()
        await (await open()).deliver(batchOf(1, [{ ...event!, service: 'Te"l\\net' }]), never)
        expect(peer.requests[0]!.body.toString()).toBe(expected)
      },
    ),
  )

  it("sends the digest's messages as JSON, with all that was gathered", async () => {
    const request = await hostileMessage(handler, (url) => ({ url, send: "digest" }), ok)
    expect(JSON.parse(request.body.toString())).toMatchObject({
      text: "198.51.100.7: a session with Telnet (port 10023), 2 events in 4 s",
      source: "198.51.100.7",
      events: "2",
      link: "https://hub.example/hosts/198.51.100.7",
      alert: { kind: "source", report: { ports: [10_023], verified: true } },
    })
  })

  it.each([
    { url: "https://h/", template: "x" },
    { url: "https://h/", headers: { "Content-Length": "1" } },
    { url: "https://h/", headers: { "a b": "1" } },
    { url: "https://h/", headers: { a: "1\r\nb: 2" } },
    { url: "https://user:pw@h/" },
  ])("refuses %j", (options) => expect(handler.options.safeParse(options).success).toBe(false))
})

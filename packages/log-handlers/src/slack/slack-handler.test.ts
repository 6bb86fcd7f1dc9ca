import type { LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  hostileEvents,
  hostileMessage,
  never,
  withAlertHandler,
} from "../digest/describe-alert-handler.test-support.ts"
import { describeHttpHandler } from "../http/describe-http-handler.test-support.ts"
import { answer, type ReceivedRequest } from "../http/fake-http-peer.test-support.ts"
import { slackLogHandler } from "./slack-handler.ts"

const handler = slackLogHandler as LogHandler
const each = { digest: { windowMs: 0 }, template: "{id}" }
const textOf = (request: ReceivedRequest) => (JSON.parse(request.body.toString()) as { text: string }).text

describeHttpHandler("slack's webhook", {
  handler,
  options: (url) => ({ ...each, webhookUrl: `${url}/services/T0/B0/hook-secret` }),
  right(request, take) {
    take([textOf(request)])
    return answer(200, "ok")
  },
  secrets: ["hook-secret"],
  halves: false,
})

describeHttpHandler("slack's bot", {
  handler,
  options: (url) => ({ ...each, apiUrl: url, token: "xoxb-token-secret", channel: "C1" }),
  right(request, take) {
    take([textOf(request)])
    return answer(200, { ok: true, ts: "1.2" })
  },
  secrets: ["xoxb-token-secret"],
  halves: false,
})

const hostileText = [
  "*198.51.100.7*: a session with Telnet (port 10023), 2 events in 4 s",
  "login: `&lt;!channel&gt; [@]everyone / *b* _i_ 'c' ~s~ |x| [a](hxxp[:]//evil[.]example)`",
  'command: `&lt;/code&gt;&lt;a href="hxxp[:]//evil[.]example"&gt;&amp;\\x1b[31m\\u202e`',
  "Sensor sensor-1 · <https://hub.example/hosts/198.51.100.7|hub>",
].join("\n")

describe("the slack log handler", () => {
  it("posts to the webhook what Slack's documentation asks for", async () => {
    const webhook = (url: string) => ({ webhookUrl: `${url}/services/T0/B0/x` })
    const request = await hostileMessage(handler, webhook, answer(200, "ok"))
    expect(request).toMatchObject({ method: "POST", path: "/services/T0/B0/x" })
    expect(request.headers["content-type"]).toBe("application/json; charset=utf-8")
    expect(JSON.parse(request.body.toString())).toEqual({
      text: hostileText,
      unfurl_links: false,
      unfurl_media: false,
    })
  })

  it("posts as a bot", async () => {
    const bot = (url: string) => ({ apiUrl: url, token: "xoxb-1", channel: "#alerts" })
    const request = await hostileMessage(handler, bot, answer(200, { ok: true, ts: "1.2" }))
    expect(request).toMatchObject({ method: "POST", path: "/api/chat.postMessage" })
    expect(request.headers.authorization).toBe("Bearer xoxb-1")
    expect(JSON.parse(request.body.toString())).toEqual({
      channel: "#alerts",
      text: hostileText,
      link_names: false,
      parse: "none",
      unfurl_links: false,
      unfurl_media: false,
    })
  })

  it.each([
    ["channel_not_found", { code: "DELIVERY_FAILED", retryAfterMs: undefined }],
    ["invalid_auth", { code: "DELIVERY_FAILED", retryAfterMs: 60_000 }],
  ])("takes no error in an answer of 200 for success: %s", (error, expected) =>
    withAlertHandler(
      handler,
      (url) => ({ ...each, apiUrl: url, token: "xoxb-1", channel: "C1" }),
      answer(200, { ok: false, error }),
      async ({ open }) => {
        const bot = await open()
        await expect(bot.deliver(batchOf(1, oddEvents(0, 1)), never)).rejects.toMatchObject(expected)
      },
    ),
  )

  it("gives up a message that Slack will never take, and only that one", () =>
    withAlertHandler(
      handler,
      (url) => ({ ...each, webhookUrl: `${url}/x` }),
      answer(200, "ok"),
      async ({ open, peer }) => {
        peer.next.push(answer(200, "ok"), answer(400, "invalid_payload"))
        const report = await (await open()).deliver(batchOf(1, oddEvents(0, 3)), never)
        expect(report?.rejected).toEqual([{ index: 1, reason: "Slack answered 400: invalid_payload" }])
        expect(peer.requests).toHaveLength(3)
      },
    ))

  it("tells who it is, and tries out a message at once", () =>
    withAlertHandler(
      handler,
      (url) => ({ apiUrl: url, token: "xoxb-1", channel: "C1" }),
      answer(200, { ok: true, ts: "1.2", team: "T", user: "propolis" }),
      async ({ open, peer }) => {
        expect(await (await open()).probe!(never)).toBe("propolis of T")
        expect(peer.requests[0]!.path).toBe("/api/auth.test")
        const trial = await open({}, { trial: true })
        const report = await trial.deliver(batchOf(1, hostileEvents().slice(0, 1)), never)
        expect(report?.answer).toBe("ok, message 1.2")
      },
    ))

  it.each([
    {},
    { webhookUrl: "https://h/x", token: "t", channel: "c" },
    { token: "t" },
    { webhookUrl: "https://h/x", channel: "c" },
    { webhookUrl: "ftp://h/x" },
  ])("refuses %j", (options) => expect(handler.options.safeParse(options).success).toBe(false))
})

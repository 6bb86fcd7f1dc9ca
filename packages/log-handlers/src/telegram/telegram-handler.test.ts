import type { LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { hostileMessage, never, withAlertHandler } from "../digest/describe-alert-handler.test-support.ts"
import { describeHttpHandler } from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { telegramLogHandler } from "./telegram-handler.ts"

const handler = telegramLogHandler as LogHandler
const token = "123456:ABC-DEF_token-secret"
const ok = answer(200, { ok: true, result: { message_id: 7 } })
const each = (url: string) => ({
  apiUrl: url,
  token,
  chatId: -100,
  digest: { windowMs: 0 },
  template: "{id}",
})

describeHttpHandler("telegram", {
  handler,
  options: each,
  right(request, take) {
    take([(JSON.parse(request.body.toString()) as { text: string }).text])
    return ok
  },
  secrets: [token, "token-secret"],
  halves: false,
})

describe("the telegram log handler", () => {
  it("sends as the Bot API's documentation asks for", async () => {
    const request = await hostileMessage(handler, (url) => ({ apiUrl: url, token, chatId: "@alerts" }), ok)
    expect(request).toMatchObject({ method: "POST", path: `/bot${token}/sendMessage` })
    expect(JSON.parse(request.body.toString())).toEqual({
      chat_id: "@alerts",
      text: [
        "<b>198.51.100.7</b>: a session with Telnet (port 10023), 2 events in 4 s",
        "login: <code>&lt;!channel&gt; [@]everyone / *b* _i_ 'c' ~s~ |x| [a](hxxp[:]//evil[.]example)</code>",
        "command: <code>&lt;/code&gt;&lt;a href=&quot;hxxp[:]//evil[.]example&quot;&gt;&amp;\\x1b[31m\\u202e</code>",
        'Sensor sensor-1 · <a href="https://hub.example/hosts/198.51.100.7">hub</a>',
      ].join("\n"),
      parse_mode: "HTML",
      link_preview_options: { is_disabled: true },
      disable_notification: false,
    })
  })

  it("finds its chat as HoneyPy did, once", () =>
    withAlertHandler(
      handler,
      (url) => ({ ...each(url), chatId: undefined }),
      ok,
      async ({ open, peer }) => {
        const running = await open()
        peer.next.push(answer(200, { ok: true, result: [] }))
        const batch = batchOf(1, oddEvents(0, 2))
        await expect(running.deliver(batch, never)).rejects.toThrow("write to it, or set chatId")
        peer.next.push(answer(200, { ok: true, result: [{ update_id: 1, message: { chat: { id: 99 } } }] }))
        await running.deliver(batch, never)
        expect(peer.requests.map(({ path }) => path.split("/").at(-1))).toEqual([
          "getUpdates",
          "getUpdates",
          "sendMessage",
          "sendMessage",
        ])
        expect(JSON.parse(peer.requests.at(-1)!.body.toString())).toMatchObject({ chat_id: 99 })
      },
    ))

  it.each([
    [429, { description: "Too Many Requests", parameters: { retry_after: 13 } }, { retryAfterMs: 13_000 }],
    [400, { description: "Bad Request: chat not found" }, { retryAfterMs: 60_000, retry: true }],
    [403, { description: "Forbidden: bot was blocked by the user" }, { retryAfterMs: 60_000, retry: true }],
  ])("reads %i of the Bot API: %j", (status, body, expected) =>
    withAlertHandler(
      handler,
      each,
      answer(status, { ok: false, error_code: status, ...body }),
      async ({ open }) => {
        const delivery = (await open()).deliver(batchOf(1, oddEvents(0, 1)), never)
        await expect(delivery).rejects.toMatchObject(expected)
      },
    ),
  )

  it("gives up a message whose markup the Bot API does not take, and tells who the bot is", () =>
    withAlertHandler(handler, each, ok, async ({ open, peer }) => {
      const running = await open()
      peer.next.push(answer(400, { ok: false, description: "Bad Request: can't parse entities" }))
      const report = await running.deliver(batchOf(1, oddEvents(0, 1)), never)
      expect(report?.rejected).toHaveLength(1)
      peer.next.push(answer(200, { ok: true, result: { username: "my_bot" } }))
      expect(await running.probe!(never)).toBe("bot my_bot")
    }))
})

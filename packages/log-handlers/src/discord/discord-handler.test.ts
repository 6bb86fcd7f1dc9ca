import type { LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { hostileMessage, never, withAlertHandler } from "../digest/describe-alert-handler.test-support.ts"
import { describeHttpHandler } from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { discordLogHandler } from "./discord-handler.ts"

const handler = discordLogHandler as LogHandler
const webhookUrl = (url: string) => `${url}/api/webhooks/1/hook-secret`
const ok = answer(200, { id: "42" })

describeHttpHandler("discord", {
  handler,
  options: (url) => ({ webhookUrl: webhookUrl(url), digest: { windowMs: 0 }, template: "{id}" }),
  right(request, take) {
    take([(JSON.parse(request.body.toString()) as { content: string }).content])
    return ok
  },
  secrets: ["hook-secret"],
  halves: false,
})

describe("the discord log handler", () => {
  it("executes the webhook as Discord's documentation asks for, mentions and previews off", async () => {
    const request = await hostileMessage(
      handler,
      (url) => ({ webhookUrl: webhookUrl(url), username: "Propolis" }),
      ok,
    )
    expect(request).toMatchObject({ method: "POST", path: "/api/webhooks/1/hook-secret?wait=true" })
    expect(JSON.parse(request.body.toString())).toEqual({
      content: [
        "**198.51.100.7**: a session with Telnet \\(port 10023\\), 2 events in 4 s",
        "login: `<!channel> [@]everyone / *b* _i_ 'c' ~s~ |x| [a](hxxp[:]//evil[.]example)`",
        'command: `</code><a href="hxxp[:]//evil[.]example">&\\x1b[31m\\u202e`',
        "Sensor sensor-1 · [hub](<https://hub.example/hosts/198.51.100.7>)",
      ].join("\n"),
      allowed_mentions: { parse: [] },
      flags: 4,
      username: "Propolis",
    })
  })

  it("waits as long as the rate limit's header says, and asks for the webhook", () =>
    withAlertHandler(
      handler,
      (url) => ({ webhookUrl: webhookUrl(url), digest: { windowMs: 0 } }),
      answer(200, { id: "1", name: "alerts" }),
      async ({ open, peer }) => {
        const running = await open()
        peer.next.push(answer(429, { retry_after: 1.5, global: false }, { "retry-after": "2" }))
        await expect(running.deliver(batchOf(1, oddEvents(0, 1)), never)).rejects.toMatchObject({
          retryAfterMs: 2_000,
        })
        expect(await running.probe!(never)).toBe("webhook alerts")
        expect(peer.requests.at(-1)).toMatchObject({ method: "GET", path: "/api/webhooks/1/hook-secret" })
      },
    ))

  it("takes no page of someone else for success", () =>
    withAlertHandler(
      handler,
      (url) => ({ webhookUrl: webhookUrl(url), digest: { windowMs: 0 } }),
      answer(200, "<html>"),
      async ({ open }) => {
        const delivery = (await open()).deliver(batchOf(1, oddEvents(0, 1)), never)
        await expect(delivery).rejects.toThrow("no message")
      },
    ))
})

import type { LogHandler } from "@propolis/core"
import { describe, expect, it } from "vitest"
import { hostileMessage, never, withAlertHandler } from "../digest/describe-alert-handler.test-support.ts"
import { describeHttpHandler } from "../http/describe-http-handler.test-support.ts"
import { answer, type ReceivedRequest } from "../http/fake-http-peer.test-support.ts"
import { mastodonLogHandler } from "./mastodon-handler.ts"

const handler = mastodonLogHandler as LogHandler
const ok = answer(200, { id: "103254962155278888" })
const accessToken = "mastodon-token-secret"
const statusOf = (request: ReceivedRequest) =>
  (JSON.parse(request.body.toString()) as { status: string }).status

describeHttpHandler("mastodon", {
  handler,
  options: (url) => ({ url, accessToken, digest: { windowMs: 0 }, template: "{id}" }),
  right(request, take) {
    take([statusOf(request)])
    return ok
  },
  secrets: [accessToken],
  halves: false,
})

describe("the mastodon log handler", () => {
  it("posts as Mastodon's documentation asks for, without the attacker's words", async () => {
    const options = (url: string) => ({ url: `${url}/`, accessToken, visibility: "private" })
    const request = await hostileMessage(handler, options, ok)
    expect(request).toMatchObject({ method: "POST", path: "/api/v1/statuses" })
    expect(request.headers.authorization).toBe(`Bearer ${accessToken}`)
    expect(JSON.parse(request.body.toString())).toEqual({
      status: [
        "198.51.100.7: a session with Telnet (port 10023), 2 events in 4 s",
        "Sensor sensor-1 · hub: https://hub.example/hosts/198.51.100.7",
      ].join("\n"),
      visibility: "private",
      language: "en",
    })
    const again = await hostileMessage(handler, options, ok)
    expect(again.headers["idempotency-key"]).toBe(request.headers["idempotency-key"])
    expect(request.headers["idempotency-key"]).toMatch(/^[0-9a-f]{64}$/)
  })

  it("tells whose account it is", () =>
    withAlertHandler(
      handler,
      (url) => ({ url, accessToken }),
      answer(200, { acct: "pot" }),
      async ({ open, peer }) => {
        expect(await (await open()).probe!(never)).toBe("account pot")
        expect(peer.requests[0]).toMatchObject({ method: "GET", path: "/api/v1/accounts/verify_credentials" })
      },
    ))
})

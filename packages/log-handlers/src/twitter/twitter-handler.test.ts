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
import { oauth1Header } from "./oauth1.ts"
import { twitterLogHandler } from "./twitter-handler.ts"

const handler = twitterLogHandler as LogHandler
const keys = {
  consumerKey: "consumer-key",
  consumerSecret: "consumer-secret",
  accessToken: "access-token",
  accessTokenSecret: "access-secret",
}
const ok = answer(201, { data: { id: "42", text: "" } })
const each = (url: string) => ({ ...keys, apiUrl: url, digest: { windowMs: 0 } })
const textOf = (request: ReceivedRequest) => (JSON.parse(request.body.toString()) as { text: string }).text

describeHttpHandler("twitter", {
  handler,
  options: (url) => ({ ...each(url), template: "{id}" }),
  right(request, take) {
    take([textOf(request)])
    return ok
  },
  secrets: ["consumer-secret", "access-secret"],
  halves: false,
})

// Published with X's own guide "Creating a signature": the request as it is there, for both versions of its API.
const published = {
  consumerKey: "xvz1evFS4wEEPTGEFPHBog",
  consumerSecret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
  token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
  tokenSecret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
}

describe("OAuth 1.0a", () => {
  it.each([
    ["https://api.twitter.com/1/statuses/update.json?include_entities=true", "tnnArxj06cWHq44gCs1OSKk/jLY="],
    [
      "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
      "hCtSmYh+iHYCEqBWrE7C7hYmtUk=",
    ],
  ])("signs the published request: %s", (url, signature) => {
    const header = oauth1Header(
      {
        method: "POST",
        url,
        form: { status: "Hello Ladies + Gentlemen, a signed OAuth request!" },
        nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        timestamp: 1_318_622_958,
      },
      published,
    )
    expect(header).toContain(`oauth_signature="${encodeURIComponent(signature)}"`)
    expect(header).toMatch(/^OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_nonce="/)
  })
})

describe("the twitter log handler", () => {
  it("posts HoneyPy's text for every event", () =>
    withAlertHandler(handler, each, ok, async ({ open, peer }) => {
      await (await open()).deliver(batchOf(1, hostileEvents().slice(0, 1)), never)
      const [request] = peer.requests
      expect(request).toMatchObject({ method: "POST", path: "/2/tweets" })
      expect(textOf(request!)).toBe(
        "sensor-1: #Telnet Possible Telnet attack from 198.51.100.7 https://hub.example/hosts/198.51.100.7",
      )
      expect(request!.headers["content-type"]).toBe("application/json; charset=utf-8")
      const given = Object.fromEntries(
        [...(request!.headers.authorization ?? "").matchAll(/(oauth_[a-z_]+)="([^"]*)"/g)].map(
          ([, name, value]) => [name!, decodeURIComponent(value!)],
        ),
      )
      const expected = oauth1Header(
        {
          method: "POST",
          url: `${peer.url}/2/tweets`,
          nonce: given.oauth_nonce!,
          timestamp: Number(given.oauth_timestamp),
        },
        {
          consumerKey: keys.consumerKey,
          consumerSecret: keys.consumerSecret,
          token: keys.accessToken,
          tokenSecret: keys.accessTokenSecret,
        },
      )
      expect(request!.headers.authorization).toBe(expected)
    }))

  it("does not publish the attacker's words, and stays within 280 characters", async () => {
    const request = await hostileMessage(handler, (url) => ({ ...keys, apiUrl: url }), ok)
    expect(textOf(request)).toBe(
      [
        "198.51.100.7: a session with Telnet (port 10023), 2 events in 4 s",
        "Sensor sensor-1 · hub: https://hub.example/hosts/198.51.100.7",
      ].join("\n"),
    )
    const long = await hostileMessage(
      handler,
      (url) => ({ ...keys, apiUrl: url, template: "{summary} ".repeat(20) }),
      ok,
    )
    expect(textOf(long).length).toBeLessThanOrEqual(280)
  })

  it("takes a duplicate for what it is: posted before", () =>
    withAlertHandler(
      handler,
      each,
      answer(403, { detail: "You are not allowed to create a Tweet with duplicate content.", status: 403 }),
      async ({ open }) => {
        const report = await (await open()).deliver(batchOf(1, oddEvents(0, 1)), never)
        expect(report).toEqual({ rejected: [], answer: "ok, was there already" })
      },
    ))

  it("waits until the rate limit is reset, and tells whose account it is", () =>
    withAlertHandler(handler, each, ok, async ({ open, peer }) => {
      const running = await open({}, { now: () => 1_700_000_000_000 })
      peer.next.push(answer(429, "", { "x-rate-limit-reset": "1700000090" }))
      const delivery = running.deliver(batchOf(1, oddEvents(0, 1)), never)
      await expect(delivery).rejects.toMatchObject({ retryAfterMs: 90_000 })
      peer.next.push(answer(200, { data: { id: "1", username: "honeypot" } }))
      expect(await running.probe!(never)).toBe("account honeypot")
      expect(peer.requests.at(-1)).toMatchObject({ method: "GET", path: "/2/users/me" })
    }))
})

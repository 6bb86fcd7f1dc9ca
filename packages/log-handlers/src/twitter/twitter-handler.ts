/** Posts on X (Twitter): POST /2/tweets in the user's context. Never the attacker's words: the public reads here. */
import { randomBytes } from "node:crypto"
import { escapeText, PropolisError } from "@propolis/core"
import { z } from "zod"
import { defineAlertHandler } from "../digest/alert-handler.ts"
import { alertOptions } from "../digest/digest-options.ts"
import { plainMarkup, renderLines } from "../digest/rich-text.ts"
import { checkMessageAnswer, jsonRequest } from "../digest/send-request.ts"
import { answeredWith, jsonOf } from "../http/check-answer.ts"
import type { HttpAnswer, HttpRequest } from "../http/http-client.ts"
import { httpOptions, openHttpClient, urlBelow, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"
import { oauth1Header } from "./oauth1.ts"

const maxCharacters = 280

const options = z.strictObject({
  consumerKey: secretOption().describe("The app's API key (HoneyPy: consumerkey)."),
  consumerSecret: secretOption().describe("The app's API key secret (HoneyPy: consumersecret)."),
  accessToken: secretOption().describe("The account's access token (HoneyPy: oauthtoken)."),
  accessTokenSecret: secretOption().describe("The account's access token secret (HoneyPy: oauthsecret)."),
  apiUrl: urlOption().default("https://api.x.com").describe("Where the API is."),
  ...httpOptions,
  ...alertOptions,
})
export type TwitterOptions = z.output<typeof options>

export const twitterLogHandler = defineAlertHandler<TwitterOptions>({
  name: "twitter",
  title: "X (Twitter)",
  options,
  quotes: false,
  eventTemplate: "{sensor}: #{service} Possible {service} attack from {source} {link}",
  async open(options, ports) {
    const client = await openHttpClient("X", options, ports)
    const keys = {
      consumerKey: options.consumerKey,
      consumerSecret: options.consumerSecret,
      token: options.accessToken,
      tokenSecret: options.accessTokenSecret,
    }
    const signed = (request: HttpRequest): HttpRequest => {
      const { url, method = "POST" } = request
      const nonce = randomBytes(16).toString("hex")
      const timestamp = Math.floor(ports.now() / 1_000)
      const authorization = oauth1Header({ method, url, nonce, timestamp }, keys)
      return { ...request, headers: { ...request.headers, authorization } }
    }
    /** The API's word for how long to wait is a header of its own. */
    const waits = (answer: HttpAnswer): HttpAnswer => {
      const reset = Number(answer.headers["x-rate-limit-reset"])
      if (answer.status !== 429 || answer.retryAfterMs !== undefined || !Number.isSafeInteger(reset))
        return answer
      return { ...answer, retryAfterMs: Math.min(86_400_000, Math.max(0, reset * 1_000 - ports.now())) }
    }
    return {
      async send(message, signal) {
        const lines = message.template === undefined ? message.lines : [[message.template.trim()]]
        const body = { text: renderLines(lines, plainMarkup, maxCharacters) }
        const request = signed(jsonRequest(urlBelow(options.apiUrl, "2/tweets"), body))
        const answer = waits(await client.request(request, signal))
        // What was posted before its answer got lost is refused as a duplicate.
        if (answer.status === 403 && /duplicate/i.test(answer.text)) return "ok, was there already"
        checkMessageAnswer(answer, client.peer)
        return `ok, post ${idOf(answer)}`
      },
      async probe(signal) {
        const request = signed({ url: urlBelow(options.apiUrl, "2/users/me"), method: "GET" })
        const answer = waits(await client.request(request, signal))
        if (answer.status !== 200) throw answeredWith(answer, "X")
        const { data } = (jsonOf(answer) ?? {}) as { data?: { username?: unknown } }
        return `account ${escapeText(String(data?.username).slice(0, 64))}`
      },
      close: async () => client.close(),
    }
  },
})

function idOf(answer: HttpAnswer): string {
  const { data } = (jsonOf(answer) ?? {}) as { data?: { id?: unknown } }
  if (typeof data?.id !== "string" || !/^[0-9]{1,20}$/.test(data.id)) {
    throw new PropolisError("DELIVERY_FAILED", "X answered with something that is no post")
  }
  return data.id
}

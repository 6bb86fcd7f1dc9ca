/** Posts on a Mastodon server: POST /api/v1/statuses. Never the attacker's words: the public may read here. */
import { createHash } from "node:crypto"
import { escapeText, PropolisError } from "@propolis/core"
import { z } from "zod"
import { defineAlertHandler } from "../digest/alert-handler.ts"
import { alertOptions } from "../digest/digest-options.ts"
import { plainMarkup, renderLines } from "../digest/rich-text.ts"
import { jsonRequest, sendRequest } from "../digest/send-request.ts"
import { answeredWith, jsonOf } from "../http/check-answer.ts"
import type { HttpAnswer } from "../http/http-client.ts"
import { httpOptions, openHttpClient, urlBelow, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"

const maxCharacters = 500

const options = z.strictObject({
  url: urlOption().describe("The server, as https://mastodon.example."),
  accessToken: secretOption().describe("An access token with the scope write:statuses."),
  visibility: z
    .enum(["public", "unlisted", "private", "direct"])
    .default("unlisted")
    .describe("Who may read the posts."),
  ...httpOptions,
  ...alertOptions,
})
export type MastodonOptions = z.output<typeof options>

export const mastodonLogHandler = defineAlertHandler<MastodonOptions>({
  name: "mastodon",
  title: "Mastodon",
  options,
  quotes: false,
  eventTemplate: "{sensor}: #{service} Possible {service} attack from {source} {link}",
  async open(options, ports) {
    const client = await openHttpClient("Mastodon", options, ports)
    const authorization = `Bearer ${options.accessToken}`
    return {
      async send(message, signal) {
        const lines = message.template === undefined ? message.lines : [[message.template.trim()]]
        const status = renderLines(lines, plainMarkup, maxCharacters)
        const key = createHash("sha256").update(`${message.values.time}\n${status}`).digest("hex")
        const headers = { authorization, "idempotency-key": key }
        const url = urlBelow(options.url, "api/v1/statuses")
        const body = { status, visibility: options.visibility, language: "en" }
        return `ok, post ${idOf(await sendRequest(client, jsonRequest(url, body, headers), signal))}`
      },
      async probe(signal) {
        const url = urlBelow(options.url, "api/v1/accounts/verify_credentials")
        const answer = await client.request({ url, method: "GET", headers: { authorization } }, signal)
        if (answer.status !== 200) throw answeredWith(answer, "Mastodon")
        const { acct } = (jsonOf(answer) ?? {}) as { acct?: unknown }
        return `account ${escapeText(String(acct).slice(0, 64))}`
      },
      close: async () => client.close(),
    }
  },
})

function idOf(answer: HttpAnswer): string {
  const { id } = (jsonOf(answer) ?? {}) as { id?: unknown }
  if (typeof id !== "string" || !/^[0-9A-Za-z]{1,64}$/.test(id)) {
    throw new PropolisError("DELIVERY_FAILED", "Mastodon answered with something that is no post")
  }
  return id
}

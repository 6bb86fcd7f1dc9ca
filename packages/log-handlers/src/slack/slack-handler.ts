/** Messages to Slack: an incoming webhook, or chat.postMessage with a bot's token. */
import { escapeText, PropolisError, secret } from "@propolis/core"
import { z } from "zod"
import { defineAlertHandler } from "../digest/alert-handler.ts"
import type { AlertMessage, AlertTarget } from "../digest/alert-target.ts"
import { alertOptions } from "../digest/digest-options.ts"
import { type Markup, renderLines } from "../digest/rich-text.ts"
import { jsonRequest, sendRequest } from "../digest/send-request.ts"
import { jsonOf, refusedRetryMs } from "../http/check-answer.ts"
import type { HttpAnswer, HttpClient } from "../http/http-client.ts"
import { httpOptions, openHttpClient, urlBelow, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"

/** Slack takes 40,000 characters and cuts what people see at 4,000. */
const maxCharacters = 4_000

const options = z
  .strictObject({
    webhookUrl: secret(urlOption())
      .optional()
      .describe("The incoming webhook's URL. It is a secret: whoever has it can post."),
    token: secretOption()
      .optional()
      .describe("A bot's token (xoxb-…) with the scope chat:write, instead of a webhook."),
    channel: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe("Channel for the bot's messages, its id or #name."),
    apiUrl: urlOption().optional().describe("Where the Web API is, for the bot. Default: https://slack.com."),
    ...httpOptions,
    ...alertOptions,
  })
  .refine((it) => (it.webhookUrl === undefined) !== (it.token === undefined), {
    path: ["webhookUrl"],
    error: "expected either webhookUrl, or token and channel",
  })
  .refine((it) => (it.token === undefined) === (it.channel === undefined), {
    path: ["channel"],
    error: "expected token and channel together",
  })
export type SlackOptions = z.output<typeof options>

export const slackLogHandler = defineAlertHandler<SlackOptions>({
  name: "slack",
  title: "Slack",
  options,
  async open(options, ports) {
    const client = await openHttpClient("Slack", options, ports)
    return options.webhookUrl === undefined
      ? botTarget(client, options, options.token ?? "")
      : webhookTarget(client, options.webhookUrl)
  },
})

function webhookTarget(client: HttpClient, url: string): AlertTarget {
  return {
    async send(message, signal) {
      const answer = await sendRequest(client, jsonRequest(url, { text: textOf(message), ...quiet }), signal)
      return escapeText(answer.text.slice(0, 100))
    },
    close: async () => client.close(),
  }
}

function botTarget(client: HttpClient, options: SlackOptions, token: string): AlertTarget {
  const headers = { authorization: `Bearer ${token}` }
  const call = async (method: string, body: object, signal: AbortSignal) => {
    const url = urlBelow(options.apiUrl ?? "https://slack.com", `api/${method}`)
    return readSlackAnswer(await sendRequest(client, jsonRequest(url, body, headers), signal))
  }
  return {
    async send(message, signal) {
      const body = {
        channel: options.channel,
        text: textOf(message),
        link_names: false,
        parse: "none",
        ...quiet,
      }
      const { ts } = await call("chat.postMessage", body, signal)
      return `ok, message ${String(ts)}`
    },
    async probe(signal) {
      const { team, user } = await call("auth.test", {}, signal)
      return escapeText(`${String(user)} of ${String(team)}`.slice(0, 100))
    },
    close: async () => client.close(),
  }
}

/** No previews of what a link leads to. */
const quiet = { unfurl_links: false, unfurl_media: false } as const

/** Errors of the Web API that mean the message itself. */
const messageErrors = new Set(["msg_too_long", "no_text", "invalid_blocks", "restricted_action"])
const credentialErrors = /auth|token|account_inactive|missing_scope/

/** The Web API says with status 200 that something went wrong. */
function readSlackAnswer(answer: HttpAnswer): Record<string, unknown> {
  const json = jsonOf(answer) as { ok?: unknown; error?: unknown } | undefined
  if (json?.ok === true) return json
  const error =
    typeof json?.error === "string" ? escapeText(json.error.slice(0, 100)) : "an answer that is none"
  if (messageErrors.has(error)) throw new PropolisError("DELIVERY_REFUSED", `Slack says ${error}`)
  throw new PropolisError("DELIVERY_FAILED", `Slack says ${error}`, {
    ...(credentialErrors.test(error) ? { retryAfterMs: refusedRetryMs } : {}),
  })
}

/**
 * mrkdwn: `&`, `<` and `>` are written as entities, which leaves no mention (`<!channel>`), link or command. Quoted words are
 * code, in which nothing else has a meaning.
 */
export const slackMarkup: Markup = {
  text: (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  bold: (text) => `*${slackMarkup.text(text)}*`,
  quote: (text) => (text === "" ? "" : `\`${slackMarkup.text(text)}\``),
  link: (url, text) => `<${slackMarkup.text(url)}|${slackMarkup.text(text)}>`,
}

function textOf(message: AlertMessage): string {
  return renderLines(
    message.template === undefined ? message.lines : [[message.template]],
    slackMarkup,
    maxCharacters,
  )
}

/** Messages to a Discord channel through its webhook. */
import { escapeText, PropolisError, secret } from "@propolis/core"
import { z } from "zod"
import { defineAlertHandler } from "../digest/alert-handler.ts"
import { alertOptions } from "../digest/digest-options.ts"
import { type Markup, renderLines } from "../digest/rich-text.ts"
import { jsonRequest, sendRequest } from "../digest/send-request.ts"
import { answeredWith, jsonOf } from "../http/check-answer.ts"
import type { HttpAnswer } from "../http/http-client.ts"
import { httpOptions, openHttpClient, urlOption } from "../http/http-options.ts"

const maxCharacters = 2_000
/** Message flag SUPPRESS_EMBEDS: no previews of what a link leads to. */
const suppressEmbeds = 4

const options = z.strictObject({
  webhookUrl: secret(urlOption()).describe(
    "The channel's webhook URL. It is a secret: whoever has it can post.",
  ),
  username: z
    .string()
    .min(1)
    .max(80)
    .optional()
    .describe("Name that messages carry. Default: the webhook's own."),
  ...httpOptions,
  ...alertOptions,
})
export type DiscordOptions = z.output<typeof options>

export const discordLogHandler = defineAlertHandler<DiscordOptions>({
  name: "discord",
  title: "Discord",
  options,
  async open(options, ports) {
    const client = await openHttpClient("Discord", options, ports)
    return {
      async send(message, signal) {
        const lines = message.template === undefined ? message.lines : [[message.template]]
        const body = {
          content: renderLines(lines, discordMarkup, maxCharacters),
          allowed_mentions: { parse: [] },
          flags: suppressEmbeds,
          ...(options.username === undefined ? {} : { username: options.username }),
        }
        // Without `wait` Discord answers before it knows whether the message is taken.
        const request = jsonRequest(`${options.webhookUrl}?wait=true`, body)
        const answer = await sendRequest(client, request, signal)
        return `ok, message ${idOf(answer)}`
      },
      async probe(signal) {
        const answer = await client.request({ url: options.webhookUrl, method: "GET" }, signal)
        if (answer.status !== 200) throw answeredWith(answer, "Discord")
        const { name } = (jsonOf(answer) ?? {}) as { name?: unknown }
        return `webhook ${escapeText(String(name).slice(0, 80))}`
      },
      close: async () => client.close(),
    }
  },
})

function idOf(answer: HttpAnswer): string {
  const { id } = (jsonOf(answer) ?? {}) as { id?: unknown }
  if (typeof id !== "string" || !/^[0-9]{1,20}$/.test(id)) {
    throw new PropolisError("DELIVERY_FAILED", "Discord answered with something that is no message")
  }
  return id
}

/** Discord's Markdown: whatever has a meaning is escaped; mentions are off by `allowed_mentions`. */
export const discordMarkup: Markup = {
  text: (text) => text.replaceAll(/[\\`*_~|>#[\]()<@]/g, "\\$&"),
  bold: (text) => `**${discordMarkup.text(text)}**`,
  quote: (text) => (text === "" ? "" : `\`${text.replaceAll("`", "'")}\``),
  link: (url, text) => `[${discordMarkup.text(text)}](<${url}>)`,
}

/** Messages by a Telegram bot: sendMessage of the Bot API. */
import { escapeText, PropolisError } from "@propolis/core"
import { z } from "zod"
import { defineAlertHandler } from "../digest/alert-handler.ts"
import { alertOptions } from "../digest/digest-options.ts"
import { type Markup, renderLines } from "../digest/rich-text.ts"
import { jsonRequest } from "../digest/send-request.ts"
import { jsonOf, refusedRetryMs } from "../http/check-answer.ts"
import type { HttpAnswer, HttpClient } from "../http/http-client.ts"
import { httpOptions, openHttpClient, urlBelow, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"

const maxCharacters = 4_096

const options = z.strictObject({
  token: secretOption(200)
    .regex(/^[0-9]+:[A-Za-z0-9_-]+$/, "expected a bot's token such as 123456:ABC-DEF")
    .describe("The bot's token, from @BotFather."),
  chatId: z
    .union([
      z.int(),
      z.string().regex(/^(?:-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64})$/, "expected a chat's id or @name"),
    ])
    .optional()
    .describe(
      "The chat, group or channel. Default: the chat of the first message that the bot got, as with HoneyPy.",
    ),
  silent: z.boolean().default(false).describe("Messages make no sound."),
  apiUrl: urlOption().default("https://api.telegram.org").describe("Where the Bot API is."),
  ...httpOptions,
  ...alertOptions,
})
export type TelegramOptions = z.output<typeof options>

export const telegramLogHandler = defineAlertHandler<TelegramOptions>({
  name: "telegram",
  title: "Telegram",
  options,
  async open(options, ports) {
    const client = await openHttpClient("Telegram", options, ports)
    const bot = new Bot(client, options)
    let chatId = options.chatId
    return {
      async send(message, signal) {
        chatId ??= await bot.firstChat(signal)
        const lines = message.template === undefined ? message.lines : [[message.template]]
        const sent = (await bot.call(
          "sendMessage",
          {
            chat_id: chatId,
            text: renderLines(lines, telegramMarkup, maxCharacters),
            parse_mode: "HTML",
            link_preview_options: { is_disabled: true },
            disable_notification: options.silent,
          },
          signal,
        )) as { message_id?: unknown }
        return `ok, message ${Number(sent.message_id)}`
      },
      async probe(signal) {
        const { username } = (await bot.call("getMe", {}, signal)) as { username?: unknown }
        return `bot ${escapeText(String(username).slice(0, 64))}`
      },
      close: async () => client.close(),
    }
  },
})

class Bot {
  readonly #client: HttpClient
  readonly #options: TelegramOptions

  constructor(client: HttpClient, options: TelegramOptions) {
    this.#client = client
    this.#options = options
  }

  /** The result of a method. @throws PropolisError */
  async call(method: string, body: object, signal: AbortSignal): Promise<unknown> {
    const url = urlBelow(this.#options.apiUrl, `bot${this.#options.token}/${method}`)
    const answer = await this.#client.request(jsonRequest(url, body), signal)
    const json = jsonOf(answer) as TelegramAnswer | undefined
    if (answer.status === 200 && json?.ok === true) return json.result
    throw failureOf(answer, json)
  }

  async firstChat(signal: AbortSignal): Promise<number> {
    const updates = await this.call("getUpdates", { limit: 1 }, signal)
    const [first] = Array.isArray(updates) ? (updates as { message?: { chat?: { id?: unknown } } }[]) : []
    const id = first?.message?.chat?.id
    if (typeof id === "number") return id
    throw new PropolisError(
      "DELIVERY_FAILED",
      "nobody has written to the bot yet: write to it, or set chatId",
      {
        retryAfterMs: refusedRetryMs,
      },
    )
  }
}

interface TelegramAnswer {
  readonly ok?: unknown
  readonly result?: unknown
  readonly description?: unknown
  readonly parameters?: { readonly retry_after?: unknown }
}

function failureOf(answer: HttpAnswer, json: TelegramAnswer | undefined): PropolisError {
  const said = typeof json?.description === "string" ? `: ${escapeText(json.description.slice(0, 200))}` : ""
  const message = `Telegram answered ${answer.status}${said}`
  // What is wrong with a chat can be put right; what is wrong with a message cannot.
  if (answer.status === 400 && !/chat|peer|upgraded|rights/i.test(said))
    return new PropolisError("DELIVERY_REFUSED", message)
  const asked = json?.parameters?.retry_after
  let retryAfterMs = answer.retryAfterMs
  if (typeof asked === "number" && asked >= 0) retryAfterMs = Math.min(asked, 86_400) * 1_000
  else if (slowStatuses.includes(answer.status)) retryAfterMs = refusedRetryMs
  return new PropolisError("DELIVERY_FAILED", message, retryAfterMs === undefined ? {} : { retryAfterMs })
}

/** A matter for a person: the token, the chat, the bot's rights. */
const slowStatuses: readonly number[] = [400, 401, 403, 404]

/** Telegram's HTML: four characters have a meaning. */
export const telegramMarkup: Markup = {
  text: (text) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  bold: (text) => `<b>${telegramMarkup.text(text)}</b>`,
  quote: (text) => (text === "" ? "" : `<code>${telegramMarkup.text(text)}</code>`),
  link: (url, text) => `<a href="${telegramMarkup.text(url)}">${telegramMarkup.text(text)}</a>`,
}

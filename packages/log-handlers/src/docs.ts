/** docs/log-handlers.md, from the schemas and the examples. */
import { type LogHandler, markdownTable } from "@propolis/core"
import { z } from "zod"
import { alertOptions } from "./digest/digest-options.ts"
import { handlerExamples } from "./examples.ts"
import { logHandlers } from "./registry.ts"

const introduction = `# Log handlers

*Made from the schemas by \`npm run docs\`; do not edit.*

A log handler takes events from the sensor's journal to somewhere else: a file, a hub, a search engine, a chat. Each has its own place in the
journal: one that is slow or down delays and loses nothing, and none of the others notices. Delivery is at least once and in order; an event's
\`id\` tells a repetition. An entry of \`handlers\` in \`propolis.yaml\` enables one; several entries of one kind have names of their own:

\`\`\`yaml
handlers:
  slack: { options: { webhookUrl: { env: SLACK_WEBHOOK_URL } } }
  night-watch:
    handler: slack
    filter: { only: { services: [SSH, "Telnet*"], events: [CONNECT, RX, INFO] }, except: { sources: [10.0.0.0/8] } }
    options: { webhookUrl: { env: NIGHT_WEBHOOK_URL } }
\`\`\`

* **Filters**: \`only\` and \`except\` are a rule, or a list of rules of which one must fit. A rule has \`services\`, \`events\`, \`protocols\`, \`sources\`
  (addresses and blocks), \`localPorts\` and \`attributes\` (docs/attributes.md); each that is there must fit. \`*\` stands for any text.
* **Secrets** stay out of the file with \`{ env: NAME }\` and \`{ file: PATH }\`. Options marked *secret*, and everything that came from there, are written as
  \`[secret]\` wherever options, faults, answers and errors are shown.
* **Trying**: \`propolis check -c FILE\` asks every peer whether it answers; \`propolis handlers test NAME -c FILE\` delivers one sample event,
  past filter and digest, and tells what the peer said.
* **Dead letters**: what a peer refuses for good is kept in \`dead-letters/NAME.ndjson\` of the sensor's data folder, with the reason.
  \`propolis handlers retry NAME\` has it delivered again: by the running sensor within seconds, else at its next start. The letters are kept as
  \`….retried\`; what is refused again is a dead letter again.
* One of your own is a short module: [write-a-log-handler.md](write-a-log-handler.md).`

const digestText = `## The digest of alert handlers

Chats, mail and social networks get messages for people: one for a source and a window, not one for an event. A source's first connection or payload
begins a window; when it ends, one message tells what it did ("203.0.113.9 touched 312 ports in 40 s"), with the services, what was
tried, and a link to the source's page at the hub. Then there is silence about that source for a while. More sources than ten at once, or more
messages than the hour's share, become one message. What is gathered is kept over a restart. Alerts are **at least once per window**: a crash in the
middle may repeat the last message, or count the last batch of events twice; it drops none. While a chat does not answer, events wait in the
journal.

The attacker's words are shortened, control characters are written out, and links and mentions are defused (\`hxxp[:]//evil[.]example\`, \`[@]everyone\`); then the
text is escaped for the target. X and Mastodon never show them. These options belong to all alert handlers:`

const alertNames = new Set(Object.keys(alertOptions))

/** docs/log-handlers.md */
export function logHandlersMarkdown(handlers: readonly LogHandler[] = logHandlers): string {
  const alert = handlers.filter(isAlertHandler)
  const list = handlers.map(
    ({ name, title }) =>
      `[${name}](#${anchor(`${name}: ${title}`)})${alert.some((each) => each.name === name) ? "\\*" : ""}`,
  )
  return [
    introduction,
    `${list.join(" · ")}\n\n\\* with the [digest](#the-digest-of-alert-handlers).`,
    ...handlers.map((handler) => section(handler)),
    `${digestText}\n\n${optionTable(z.strictObject(alertOptions))}`,
  ]
    .join("\n\n")
    .concat("\n")
}

function section(handler: LogHandler): string {
  const { name, title, batch } = handler
  const example = [
    "handlers:",
    ...(handlerExamples[name] ?? [`${name}: {}`]).map((line) => `  ${line}`),
  ].join("\n")
  const limits = `Batches of at most ${batch.maxEvents.toLocaleString("en")} events; an event waits at most ${batch.maxWaitMs.toLocaleString("en")} ms for more.`
  const digest = isAlertHandler(handler)
    ? " With the options of [the digest](#the-digest-of-alert-handlers)."
    : ""
  const omit = isAlertHandler(handler)
    ? new Set([...alertNames].filter((each) => each !== "template" || name !== "webhook"))
    : new Set<string>()
  return `## ${name}: ${title}\n\n\`\`\`yaml\n${example}\n\`\`\`\n\n${limits}${digest}\n\n${optionTable(handler.options, omit)}`
}

function isAlertHandler({ options }: LogHandler): boolean {
  const { properties } = jsonSchema(options)
  return [...alertNames].every((name) => Object.hasOwn(properties ?? {}, name))
}

interface OptionSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: OptionSchema
  readonly anyOf?: readonly OptionSchema[]
  readonly properties?: Readonly<Record<string, OptionSchema>>
  readonly required?: readonly string[]
  readonly secret?: boolean
  readonly additionalProperties?: OptionSchema | boolean
}

function jsonSchema(schema: z.ZodType): OptionSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as OptionSchema
}

function optionTable(schema: z.ZodType, omit: ReadonlySet<string> = new Set()): string {
  const rows = optionRows(jsonSchema(schema), "", omit)
  return rows.length === 0 ? "No options." : markdownTable(["option", "value", "default", "meaning"], rows)
}

/** Rules are described once, with the filters. */
const described = new Set(["digest.ignore"])

function optionRows(schema: OptionSchema, prefix: string, omit: ReadonlySet<string>): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, option]) => {
    const path = prefix + name
    if (omit.has(path)) return []
    const required = (schema.required ?? []).includes(name) && option.default === undefined
    const fallback = option.default === undefined ? (required ? "required" : "") : codeOf(option.default)
    const secret = isSecret(option) ? " *Secret.*" : ""
    const own = [`\`${path}\``, valueText(option), fallback, `${option.description ?? ""}${secret}`]
    return [own, ...(described.has(path) ? [] : optionRows(option, `${path}.`, omit))]
  })
}

function isSecret(option: OptionSchema): boolean {
  const values = typeof option.additionalProperties === "object" ? option.additionalProperties : undefined
  return (
    option.secret === true ||
    option.anyOf?.some(isSecret) === true ||
    (values !== undefined && isSecret(values))
  )
}

function valueText(schema: OptionSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(codeOf).join(", ")
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(valueText))].join(" or ")
  if (schema.type === "array")
    return schema.items === undefined ? "list" : `list of ${valueText(schema.items)}`
  if (schema.type === "object") return "map"
  if (schema.type === "string") return "text"
  if (schema.type === "boolean") return "true, false"
  if (schema.type === "integer" || schema.type === "number") return rangeText(schema)
  return "anything"
}

function rangeText({ minimum, maximum }: OptionSchema): string {
  const shown = (limit: number | undefined) =>
    limit === undefined || Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? undefined : limit.toLocaleString("en")
  const [low, high] = [shown(minimum), shown(maximum)]
  if (low === undefined || high === undefined) return low === undefined ? "number" : `number from ${low}`
  return `${low} to ${high}`
}

function codeOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return text === "" ? "(empty)" : `\`${text}\``
}

/** As GitHub makes them of headings. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")
}

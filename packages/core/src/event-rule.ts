/** Rules over events, as filters and ignore lists of log handlers have them: service × event × protocol × source × attribute. */
import { z } from "zod"
import { blockContains, parseAddress, parseBlock } from "./address.ts"
import { isAttributeName } from "./attributes.ts"
import { eventKinds, protocols, type SensorEvent } from "./event.ts"

const maxEntries = 1_024
const wildcardText = z.string().max(1_024)

/** What a rule says; every list that is there must fit the event, one of its entries each. */
export const eventRuleSchema = z.strictObject({
  services: z
    .array(wildcardText.min(1))
    .min(1)
    .max(maxEntries)
    .optional()
    .describe("Names of services; `*` stands for any text: `SSH*`."),
  events: z.array(z.enum(eventKinds)).min(1).optional().describe("Kinds of events."),
  protocols: z.array(z.enum(protocols)).min(1).optional().describe("TCP or UDP."),
  sources: z
    .array(
      z
        .string()
        .refine(
          (text) => parseBlock(text) !== undefined,
          "expected an address or a block such as 10.0.0.0/8",
        ),
    )
    .min(1)
    .max(maxEntries)
    .optional()
    .describe("Addresses of attackers, or blocks of them: `203.0.113.9`, `10.0.0.0/8`."),
  localPorts: z
    .array(z.int().min(0).max(65_535))
    .min(1)
    .max(maxEntries)
    .optional()
    .describe("Ports of this sensor."),
  attributes: z
    .record(
      z.string().refine(isAttributeName, "expected a name of the attribute catalogue"),
      z.union([wildcardText, z.array(wildcardText).min(1).max(maxEntries)], {
        error: "expected a text or a list of texts",
      }),
    )
    .refine((map) => Object.keys(map).length <= 32, "expected at most 32 attributes")
    .optional()
    .describe(
      "Attributes and the text that each must have, or one of a list: `*` stands for any text, `\\*` for a star. An event without the attribute does not fit.",
    ),
})
export type EventRule = z.output<typeof eventRuleSchema>

/** One rule or a list of them, any of which may fit. */
export const eventRulesSchema = z.union([eventRuleSchema, z.array(eventRuleSchema).max(256)])
export type EventRules = z.output<typeof eventRulesSchema>

/** Whether an event fits any of some rules. A rule without conditions fits every event. */
export function compileEventRules(rules: EventRules): (event: SensorEvent) => boolean {
  const each = (Array.isArray(rules) ? rules : [rules]).map(compileRule)
  return (event) => each.some((fits) => fits(event))
}

function compileRule(rule: EventRule): (event: SensorEvent) => boolean {
  const conditions: ((event: SensorEvent) => boolean)[] = []
  // The cheapest first.
  if (rule.protocols !== undefined) conditions.push(oneOf(rule.protocols, (event) => event.protocol))
  if (rule.events !== undefined) conditions.push(oneOf(rule.events, (event) => event.event))
  if (rule.localPorts !== undefined) conditions.push(oneOf(rule.localPorts, (event) => event.localPort))
  if (rule.services !== undefined) {
    const fits = compileWildcards(rule.services)
    conditions.push((event) => fits(event.service))
  }
  if (rule.sources !== undefined) conditions.push(sourceCondition(rule.sources))
  for (const [name, wanted] of Object.entries(rule.attributes ?? {})) {
    const fits = compileWildcards(typeof wanted === "string" ? [wanted] : wanted)
    conditions.push((event) => {
      const value = Object.hasOwn(event.attributes, name) ? event.attributes[name] : undefined
      return value !== undefined && fits(value)
    })
  }
  return (event) => conditions.every((fits) => fits(event))
}

function oneOf<Value>(wanted: readonly Value[], of: (event: SensorEvent) => Value) {
  const set = new Set(wanted)
  return (event: SensorEvent) => set.has(of(event))
}

function sourceCondition(sources: readonly string[]): (event: SensorEvent) => boolean {
  const blocks = sources.map((text) => parseBlock(text)!)
  const whole = new Set(
    sources.filter(
      (_, i) => blocks[i]!.prefixLength === blocks[i]!.bytes.length * 8 && !sources[i]!.includes("/"),
    ),
  )
  return (event) => {
    if (whole.has(event.remoteHost)) return true
    const address = parseAddress(event.remoteHost)
    return address !== undefined && blocks.some((block) => blockContains(block, address))
  }
}

function compileWildcards(patterns: readonly string[]): (text: string) => boolean {
  const plain = new Set(patterns.filter((pattern) => !/[*\\]/.test(pattern)))
  const parts = patterns.filter((pattern) => /[*\\]/.test(pattern)).map(wildcardParts)
  return (text) => plain.has(text) || parts.some((each) => matchesParts(text, each))
}

/** The texts between the stars; `\*` and `\\` are a star and a backslash. */
function wildcardParts(pattern: string): string[] {
  const parts = [""]
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i]!
    if (character === "*") parts.push("")
    else {
      const escaped = character === "\\" && (pattern[i + 1] === "*" || pattern[i + 1] === "\\")
      parts[parts.length - 1] += escaped ? pattern[++i]! : character
    }
  }
  return parts
}

/**
 * Takes the first place for each part: without alternatives there is nothing to go back to, so that no
 * attacker's text makes a pattern slow, as it could with regular expressions.
 */
function matchesParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0]!
  const last = parts.at(-1)!
  if (parts.length === 1) return text === first
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false
  const end = text.length - last.length
  let at = first.length
  for (let i = 1; i < parts.length - 1; i++) {
    const found = text.indexOf(parts[i]!, at)
    if (found < 0 || found + parts[i]!.length > end) return false
    at = found + parts[i]!.length
  }
  return true
}

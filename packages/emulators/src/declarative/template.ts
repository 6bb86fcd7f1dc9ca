import { bytesFromText, concatBytes, type Persona } from "@propolis/core"

/** What a template may name. */
const values: Readonly<Record<string, (persona: Persona) => string>> = {
  "persona.hostName": (persona) => persona.hostName,
  "persona.domain": (persona) => persona.domain,
  "persona.fullName": (persona) => `${persona.hostName}.${persona.domain}`,
  "persona.system.title": (persona) => persona.system.title,
  "persona.system.issue": (persona) => persona.system.issue,
  "persona.system.kernel": (persona) => persona.system.kernel,
  "persona.system.machine": (persona) => persona.system.machine,
}
const placeholder = /\{\{\s*([A-Za-z.]+)\s*\}\}/g

/** The first name of a template that nothing stands behind. */
export function unknownPlaceholder(template: string): string | undefined {
  return [...template.matchAll(placeholder)]
    .map((match) => match[1]!)
    .find((name) => !Object.hasOwn(values, name))
}

/** Names of {@link unknownPlaceholder}'s catalogue, for messages. */
export const placeholderNames: readonly string[] = Object.keys(values)

/** Placeholders filled in; `\xNN` in the text is that byte. */
export function fillTemplate(template: string, persona: Persona): Uint8Array {
  const filled = template.replace(placeholder, (whole, name: string) => values[name]?.(persona) ?? whole)
  const parts = filled.split(/\\x([0-9a-fA-F]{2})/)
  return concatBytes(
    parts.map((part, index) =>
      index % 2 === 0 ? bytesFromText(part) : Uint8Array.of(Number.parseInt(part, 16)),
    ),
  )
}

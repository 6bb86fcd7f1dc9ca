/** The text of docs/configuration.md, from the schemas alone. */
import { builtInCatalogue, type Catalogue } from "./catalogue.ts"
import { inputSchema, type JsonSchema } from "./json-schema.ts"
import { handlerPart, plainParts, servicePart } from "./parts.ts"

const introduction = `# Configuration of a sensor

*Made from the schemas by \`npm run docs\`; do not edit.*

A sensor is configured by one YAML file, \`propolis.yaml\`. Everything has a default; an empty file is a sensor without
services. \`propolis check -c FILE\` names every fault at once, with line and column (exit code 78). A running sensor
reads the file again on \`SIGHUP\`: a file with faults changes nothing, a good one restarts only the services that
changed, and sessions that are open go on.

* Sizes are bytes or carry a unit: \`64KiB\`, \`10MB\`, \`4GiB\`. Durations are milliseconds or carry a unit: \`250ms\`,
  \`30s\`, \`10m\`, \`1h\`, \`7d\`.
* Where a text is wanted, \`{ env: NAME }\` takes it from an environment variable and \`{ file: PATH }\` from a file, so
  that secrets need not stand in the configuration.
* The part \`hub\` of the same file is the hub's ([hub-configuration.md](hub-configuration.md)); the sensor leaves it alone.
* Unknown keys are faults. Editors check the file against
  [configuration.schema.json](configuration.schema.json).

\`\`\`yaml
listen: 0.0.0.0
services:
  Telnet:
    emulator: telnet
    low_port: tcp:23        # listens on 10023; \`propolis redirect\` prints the rules
    description: Logins of bots
  Telnet.2323:
    plugin: TelnetUnix      # HoneyPy's words are understood
    port: tcp:2323
handlers:
  file:
    enabled: Yes
\`\`\`
`

/** docs/configuration.md. */
export function configurationMarkdown(catalogue: Catalogue = builtInCatalogue()): string {
  const sections = [introduction]
  for (const [name, part] of Object.entries(plainParts))
    sections.push(partSection(`\`${name}\``, inputSchema(part)))
  sections.push(partSection("`services.<name>`", inputSchema(servicePart)))
  for (const emulator of catalogue.emulators) {
    const ports = (["tcp", "udp"] as const)
      .filter((transport) => emulator.transports[transport] !== undefined)
      .map((transport) => `${emulator.transports[transport]}/${transport}`)
    const where = ports.length === 0 ? "" : ` Own ports: ${ports.join(", ")}.`
    sections.push(
      optionsSection(
        `Options of the emulator \`${emulator.name}\``,
        `${emulator.title}.${where}`,
        inputSchema(emulator.options),
      ),
    )
  }
  sections.push(partSection("`handlers.<name>`", inputSchema(handlerPart)))
  for (const handler of catalogue.handlers) {
    sections.push(
      optionsSection(
        `Options of the log handler \`${handler.name}\``,
        `${handler.title}.`,
        inputSchema(handler.options),
      ),
    )
  }
  return `${sections.map((section) => section.trimEnd()).join("\n\n")}\n`
}

function partSection(title: string, schema: JsonSchema): string {
  if (schema.properties === undefined) {
    const fallback = schema.default === undefined ? "" : ` Default: ${code(schema.default)}.`
    return `## ${title}\n\n${schema.description ?? ""}${fallback}`
  }
  const lead = schema.description === undefined ? "" : `${schema.description}.\n\n`
  return `## ${title}\n\n${lead}${fieldTable(schema)}`
}

function optionsSection(title: string, lead: string, schema: JsonSchema): string {
  const rows = Object.keys(schema.properties ?? {}).length
  return `### ${title}\n\n${lead}\n\n${rows === 0 ? "No options." : fieldTable(schema)}`
}

function fieldTable(schema: JsonSchema): string {
  const lines = ["| field | what may be written | default | meaning |", "|---|---|---|---|"]
  for (const row of fieldRows(schema, "")) lines.push(`| ${row.map(cell).join(" | ")} |`)
  return lines.join("\n")
}

/** One row a field; the fields of an inner map follow it, with their path. */
function fieldRows(schema: JsonSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name
    const required = (schema.required ?? []).includes(name) && field.default === undefined
    const fallback = field.default === undefined ? (required ? "required" : "") : code(field.default)
    const own = [`\`${path}\``, typeText(field), fallback, field.description ?? ""]
    const element = field.items
    return [
      own,
      ...fieldRows(field, `${path}.`),
      ...(element === undefined ? [] : fieldRows(element, `${path}[].`)),
    ]
  })
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ")
  const branches = schema.anyOf ?? schema.oneOf
  if (branches !== undefined) return [...new Set(branches.map(typeText))].join(" or ")
  if (Array.isArray(schema.type)) return schema.type.map((type: string) => typeText({ type })).join(" or ")
  if (schema.type === "array")
    return schema.items === undefined ? "list" : `list of ${typeText(schema.items)}`
  if (schema.type === "object") return "map"
  if (schema.type === "string") return "text"
  if (schema.type === "boolean") return "true, false"
  if (schema.type === "integer" || schema.type === "number") return numberText(schema)
  return "anything"
}

function numberText(schema: JsonSchema): string {
  const { minimum, maximum } = schema
  const shown = (limit: number | undefined) =>
    limit === undefined || Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? undefined : limit.toLocaleString("en")
  const [low, high] = [shown(minimum), shown(maximum)]
  if (low !== undefined && high !== undefined) return `${low} to ${high}`
  if (low !== undefined) return `number from ${low}`
  return high === undefined ? "number" : `number up to ${high}`
}

function code(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value)
  if (text === "") return "(empty)"
  return `\`${JSON.stringify(text).slice(1, -1).replaceAll("`", "'").replaceAll('\\"', '"')}\``
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ")
}

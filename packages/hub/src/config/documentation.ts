/** The hub's section of docs/configuration.md, from its schema. Pure. */
import { z } from "zod"
import { hubConfigSchema } from "./schema.ts"

interface Field {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Field
  readonly properties?: Readonly<Record<string, Field>>
  readonly required?: readonly string[]
}

export function hubConfigurationMarkdown(): string {
  const schema = z.toJSONSchema(hubConfigSchema, { io: "input", unrepresentable: "any" }) as Field
  const rows = fieldRows(schema, "")
  return `## The hub: \`hub\`

A hub is configured by the part \`hub\` of the same file. Everything has a default. Relative paths start at the file.
\`propolis hub -c FILE\` names every fault at once (exit code 78).

\`\`\`yaml
hub:
  listen: 0.0.0.0
  tls: { cert: hub.pem, key: hub.key }
  store: { retentionDays: 30 }
\`\`\`

| field | what may be written | default | meaning |
|---|---|---|---|
${rows.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n")}

The embedded store works on threads of Node's pool: set \`UV_THREADPOOL_SIZE\` (12 or more) in the environment of a hub
that you start without the command \`propolis\`, which sets it itself. It cannot be changed once the process runs.
`
}

function fieldRows(schema: Field, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name
    if (field.properties !== undefined) return fieldRows(field, `${path}.`)
    return [[`\`${path}\``, typeText(field), defaultText(field), field.description ?? ""]]
  })
}

function typeText(field: Field): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(", ")
  if (field.type === "integer") return `${field.minimum} to ${field.maximum}`
  if (field.type === "array") return "list of texts"
  return "text"
}

function defaultText(field: Field): string {
  return field.default === undefined ? "" : `\`${JSON.stringify(field.default).replaceAll('"', "")}\``
}

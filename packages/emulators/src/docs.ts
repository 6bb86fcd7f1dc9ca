/** The table of emulators for docs/emulators.md, from what the emulators say of themselves. */
import type { Emulator } from "@propolis/core"
import { z } from "zod"
import { emulators, pluginAliases } from "./registry.ts"

interface OptionSchema {
  readonly description?: string
  readonly default?: unknown
  readonly type?: string
  readonly enum?: readonly unknown[]
}

/** Markdown: one table of all emulators, then one of the options of each. */
export function emulatorsMarkdown(): string {
  const rows = emulators.map(
    (emulator) =>
      `| [\`${emulator.name}\`](#${emulator.name}) | ${emulator.title} | ${portsOf(emulator)} | ${emulator.interaction} | ${aliasesOf(emulator)} |`,
  )
  const table = [
    "| emulator | title | ports | interaction | replaces |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n")
  return `# Emulators\n\n${table}\n\n${emulators.map(optionsOf).join("\n\n")}\n`
}

function portsOf({ transports }: Emulator): string {
  const ports = Object.entries(transports).map(([transport, port]) => `${port} ${transport}`)
  return ports.length === 0 ? "as configured" : ports.join(", ")
}

function aliasesOf({ name }: Emulator): string {
  const names = Object.entries(pluginAliases).filter(([, alias]) => alias.emulator === name)
  return names.length === 0 ? "–" : names.map(([alias]) => `\`${alias}\``).join(" ")
}

function optionsOf(emulator: Emulator): string {
  const schema = z.toJSONSchema(emulator.options, { io: "input", unrepresentable: "any" }) as {
    properties?: Readonly<Record<string, OptionSchema>>
  }
  const properties = Object.entries(schema.properties ?? {})
  const heading = `## ${emulator.name}\n\n${emulator.title}.`
  if (properties.length === 0) return `${heading} It has no options.`
  const rows = properties.map(([name, option]) => {
    const initial = option.default === undefined ? "–" : `\`${escapeCell(JSON.stringify(option.default))}\``
    return `| \`${name}\` | ${initial} | ${escapeCell(option.description ?? "")} |`
  })
  return [heading, "", "| option | default | meaning |", "|---|---|---|", ...rows].join("\n")
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ")
}

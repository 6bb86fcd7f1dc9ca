/** Writes the generated documents; `--check` tells which of them are not true instead. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { attributesMarkdown, errorsMarkdown, eventsMarkdown } from "@propolis/core"
import { emulatorsMarkdown } from "@propolis/emulators"
import { hubConfigurationMarkdown, openApiDocument } from "@propolis/hub"
import { logHandlersMarkdown } from "@propolis/log-handlers"
import { configJsonSchema, configurationMarkdown } from "@propolis/sensor"

const root = join(import.meta.dirname, "..")

const documents: Record<string, () => string | Promise<string>> = {
  "docs/attributes.md": attributesMarkdown,
  "docs/errors.md": errorsMarkdown,
  "docs/events.md": eventsMarkdown,
  "docs/emulators.md": emulatorsMarkdown,
  "docs/log-handlers.md": () => logHandlersMarkdown(),
  "docs/configuration.md": configurationMarkdown,
  "docs/configuration.schema.json": () => json(configJsonSchema()),
  "docs/hub-configuration.md": hubConfigurationMarkdown,
  "docs/openapi.json": () => json(openApiDocument()),
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

const check = process.argv.includes("--check")
let stale = 0
for (const [path, render] of Object.entries(documents)) {
  const file = join(root, path)
  const wanted = await render()
  if (existsSync(file) && readFileSync(file, "utf8") === wanted) continue
  stale++
  if (check) {
    console.error(`${path} is not what the code says; run: npm run docs`)
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, wanted)
    console.log(`wrote ${path}`)
  }
}
process.exitCode = check && stale > 0 ? 1 : 0

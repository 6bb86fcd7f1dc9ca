import { readdirSync } from "node:fs"
import { join } from "node:path"
import { attributeCatalogue } from "@propolis/core"
import { readTranscripts, runTranscript } from "@propolis/testkit/emulator"
import { expect, it } from "vitest"
import { emulatorsMarkdown } from "./docs.ts"
import { emulators, findEmulator, pluginAliases } from "./registry.ts"

/** Recorded by the host itself, whatever the emulator. */
const hostAttributes = [
  "tlsVersion",
  "tlsCipher",
  "tlsServerName",
  "tlsError",
  "proxyProtocol",
  "limit",
  "fault",
  "truncated",
]

it("what is emitted is catalogued, and what is catalogued is emitted", () => {
  const emitted = new Set(hostAttributes)
  for (const emulator of emulators) {
    for (const transcript of readTranscripts(join(import.meta.dirname, emulator.name, "transcripts"))) {
      for (const name of runTranscript(emulator, transcript).attributeNames) emitted.add(name)
    }
  }
  expect([...emitted].sort()).toEqual(Object.keys(attributeCatalogue).sort())
})

it("every folder with transcripts is registered", () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "codecs")
    .map((entry) => entry.name)
  expect(folders.sort()).toEqual(emulators.map((emulator) => emulator.name).sort())
})

it.each(Object.entries(pluginAliases))("%s stands for an emulator that takes its options", (name, alias) => {
  const found = findEmulator(name)
  expect(found).toMatchObject({ emulator: { name: alias.emulator }, options: alias.options })
  expect(found!.emulator.options.safeParse(alias.options).success).toBe(true)
})

it("looks among the emulators that it is given", () => {
  expect(findEmulator("TelnetWindows")?.options).toEqual({ style: "windows" })
  expect(findEmulator("TelnetWindows", [])).toBeUndefined()
})

it("knows nothing of names that are none", () => {
  expect(findEmulator("toString")).toBeUndefined()
  expect(findEmulator("nope")).toBeUndefined()
})

it("documents every option with its default", () => {
  const text = emulatorsMarkdown()
  for (const emulator of emulators) expect(text).toContain(`## ${emulator.name}`)
  expect(text).toContain("| `attempts` | `5` | Failed logins after which the connection ends. |")
  expect(text).not.toMatch(/\| {2}\|$/m)
})

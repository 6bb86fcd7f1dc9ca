import { expect, it } from "vitest"
import { parseConfig } from "../load-config.ts"
import { importHoneypyConfig } from "./import-honeypy.ts"

it("writes what the sensor reads", async () => {
  const { yaml, notes } = importHoneypyConfig(
    "[honeypy]\nnodename: honey-1\n\n[slack]\nenabled = Yes\nwebhook_url = https://hooks.slack.example/services/T0/B0/secret\n\n[logstash]\nenabled = No\nhost = 127.0.0.1\nport = 5140\n",
  )
  const config = await parseConfig(yaml)
  expect(config.sensor.id).toBe("honey-1")
  expect(config.handlers.map(({ name, enabled }) => [name, enabled])).toEqual([
    ["slack", true],
    ["logstash", false],
  ])
  expect(notes.join("\n")).not.toContain("secret")
})

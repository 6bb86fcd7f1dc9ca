import { PropolisError } from "@propolis/core"
import { type Command, dataOption, flag, jsonOption, text } from "../command.ts"
import { openDataFolder } from "../data-folder.ts"

/** `propolis check -c FILE` */
export const check: Command = {
  name: "check",
  summary:
    "Checks a sensor's configuration, tells all faults (exit code 78), and asks every log handler's peer whether it answers (exit code 69 where one does not).",
  example: "propolis check -c propolis.yaml",
  options: {
    config: { type: "string", short: "c", value: "FILE", description: "configuration" },
    offline: { type: "boolean", description: "ask nobody: the file alone is checked" },
    data: dataOption,
    json: jsonOption,
  },
  async run(args) {
    const path = text(args, "config")
    if (path === undefined) throw new PropolisError("USAGE", "-c is missing: the configuration file to check")
    const { askHandler, loadConfig } = await import("@propolis/sensor")
    const config = await loadConfig(path)
    let answers: Awaited<ReturnType<typeof askHandler>>[] | undefined
    if (!flag(args, "offline")) {
      const { sensor: dataDir } = openDataFolder(text(args, "data")!)
      const where = { dataDir, sensor: config.sensor.id ?? "sample" }
      const asked = config.handlers.filter((handler) => handler.enabled)
      answers = await Promise.all(asked.map((handler) => askHandler(handler, where)))
    }
    const enabled = config.services.filter((service) => service.enabled)
    if (flag(args, "json")) {
      const services = enabled.map((service) => ({
        name: service.name,
        emulator: service.emulator.name,
        transport: service.definition.transport,
        host: service.definition.host,
        port: service.definition.port,
      }))
      const handlers = config.handlers.map(({ name, handler, enabled, shownOptions, filter }) => {
        const answer = answers?.find((each) => each.name === name)
        return { name, handler: handler.name, enabled, options: shownOptions, filter, answer }
      })
      console.log(JSON.stringify({ ok: true, services, handlers }))
    } else {
      console.log(`${path}: no faults (services: ${enabled.length}, log handlers: ${config.handlers.length})`)
      for (const { name, ok, ms, said } of answers ?? [])
        console.log(`  ${name}: ${ok ? "answers" : "DOES NOT ANSWER"} (${ms} ms): ${said}`)
    }
    return answers?.every((answer) => answer.ok) === false ? 69 : 0
  },
}

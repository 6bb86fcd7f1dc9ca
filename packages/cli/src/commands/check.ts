import { PropolisError } from "@propolis/core"
import { type Command, flag, jsonOption, text } from "../command.ts"

/** `propolis check -c FILE` */
export const check: Command = {
  name: "check",
  summary: "Checks a sensor's configuration and tells all faults; exit code 78 where it has any.",
  example: "propolis check -c propolis.yaml",
  options: {
    config: { type: "string", short: "c", value: "FILE", description: "configuration" },
    json: jsonOption,
  },
  async run(args) {
    const path = text(args, "config")
    if (path === undefined) throw new PropolisError("USAGE", "-c is missing: the configuration file to check")
    const { loadConfig } = await import("@propolis/sensor")
    const config = await loadConfig(path)
    const enabled = config.services.filter((service) => service.enabled)
    if (flag(args, "json")) {
      const services = enabled.map((service) => ({
        name: service.name,
        emulator: service.emulator.name,
        transport: service.definition.transport,
        host: service.definition.host,
        port: service.definition.port,
      }))
      console.log(
        JSON.stringify({ ok: true, services, handlers: config.handlers.map((handler) => handler.name) }),
      )
    } else {
      console.log(`${path}: no faults; ${enabled.length} services and ${config.handlers.length} log handlers`)
    }
    return 0
  },
}

import { type Command, flag, jsonOption } from "../command.ts"

/** `propolis services` */
export const services: Command = {
  name: "services",
  summary: "Lists every emulator of this release with its ports and options.",
  example: "propolis services --json",
  options: { json: jsonOption },
  async run(args) {
    const { listEmulators } = await import("@propolis/sensor")
    const list = listEmulators()
    if (flag(args, "json")) {
      console.log(JSON.stringify(list))
      return 0
    }
    for (const emulator of list) {
      const ports = emulator.ports.map(({ lowPort, port, transport }) =>
        lowPort === port ? `${port}/${transport}` : `${lowPort}→${port}/${transport}`,
      )
      console.log(
        `${emulator.name.padEnd(12)} ${emulator.title} (${emulator.interaction} interaction)  ${ports.join(" ")}`,
      )
      const options = Object.entries(
        (emulator.options.properties ?? {}) as Record<string, { description?: string }>,
      )
      for (const [name, option] of options) console.log(`    ${name.padEnd(16)} ${option.description ?? ""}`)
    }
    return 0
  },
}

/** The command `propolis`. */
import { PropolisError } from "@propolis/core"
import { type Command, helpText, parseCommandLine } from "./command.ts"

/** Each command is loaded when it is used: the sensor's must not load the hub's heavy parts. */
const commands: Readonly<Record<string, readonly [summary: string, load: () => Promise<Command>]>> = {
  start: ["run a hub and a sensor on this machine", async () => (await import("./commands/start.ts")).start],
  sensor: ["run a sensor", async () => (await import("./commands/sensor.ts")).sensor],
  hub: ["run a hub", async () => (await import("./commands/hub.ts")).hub],
  services: [
    "list every emulator with its ports and options",
    async () => (await import("./commands/services.ts")).services,
  ],
  check: ["check a configuration file", async () => (await import("./commands/check.ts")).check],
  handlers: [
    "try a log handler, or deliver its dead letters again",
    async () => (await import("./commands/handlers.ts")).handlers,
  ],
  redirect: [
    "print the firewall rules that lead the low ports to a sensor",
    async () => (await import("./commands/redirect.ts")).redirect,
  ],
  import: [
    "bring over the log handlers of a HoneyPy",
    async () => (await import("./commands/import.ts")).importCommand,
  ],
  accounts: ["create accounts of the hub", async () => (await import("./commands/accounts.ts")).accounts],
  keys: ["create API keys of the hub", async () => (await import("./commands/keys.ts")).keys],
  events: ["follow what the hub receives", async () => (await import("./commands/events.ts")).events],
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    console.log(overview())
    return name === undefined ? 64 : 0
  }
  if (name === "--version") {
    console.log((await import("./version.ts")).version)
    return 0
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) {
    throw new PropolisError("USAGE", `unknown command '${name}'\n\n${overview()}`)
  }
  const command = await entry[1]()
  const args = parseCommandLine(command, rest)
  if (args.values.help === true) {
    console.log(helpText(command))
    return 0
  }
  return command.run(args)
}

function overview(): string {
  const rows = Object.entries(commands).map(([name, [summary]]) => `  propolis ${name.padEnd(10)} ${summary}`)
  return `usage: propolis COMMAND [options]\n\n${rows.join("\n")}\n\nEvery command explains itself with --help.`
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof PropolisError) {
    console.error(`propolis: ${error.message}`)
    process.exitCode = error.exitCode
  } else {
    console.error("propolis: a fault of this program:", error)
    process.exitCode = 70
  }
}
// A parent that supervises is told by the end of this process; the channel must not hold it.
process.channel?.unref()

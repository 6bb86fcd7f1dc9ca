/** What a command is: its options are data, so that help, errors and parsing cannot disagree. */
import { parseArgs } from "node:util"
import { PropolisError } from "@propolis/core"

export interface OptionEntry {
  readonly type: "string" | "boolean"
  readonly short?: string
  /** Placeholder of a string option's value: `DIR`. */
  readonly value?: string
  readonly description: string
  readonly default?: string
}

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
}

export interface Command {
  readonly name: string
  readonly summary: string
  /** Positional arguments, as help shows them. */
  readonly positionals?: string
  readonly example: string
  readonly options: Readonly<Record<string, OptionEntry>>
  /** Exit code. */
  run(args: Arguments): Promise<number>
}

export const dataOption: OptionEntry = {
  type: "string",
  value: "DIR",
  description: "folder of everything that is kept",
  default: "./data",
}
export const jsonOption: OptionEntry = { type: "boolean", description: "print JSON" }

/** @throws PropolisError USAGE */
export function parseCommandLine(command: Command, argv: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, help: helpOption }).map(([name, entry]) => [
      name,
      {
        type: entry.type,
        ...(entry.short === undefined ? {} : { short: entry.short }),
        ...(entry.default === undefined ? {} : { default: entry.default }),
      },
    ]),
  )
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options,
      allowPositionals: command.positionals !== undefined,
      strict: true,
    })
    return { values: values as Arguments["values"], positionals }
  } catch (cause) {
    throw new PropolisError("USAGE", `${(cause as Error).message}\nSee: propolis ${command.name} --help`, {
      cause,
    })
  }
}

const helpOption: OptionEntry = { type: "boolean", short: "h", description: "show this" }

export function helpText(command: Command): string {
  const rows = Object.entries({ ...command.options, help: helpOption }).map(([name, entry]) => {
    const short = entry.short === undefined ? "    " : `-${entry.short}, `
    const value = entry.type === "string" ? ` ${entry.value ?? "TEXT"}` : ""
    const note = entry.default === undefined ? "" : ` (default ${entry.default})`
    return [`  ${short}--${name}${value}`, `${entry.description}${note}`] as const
  })
  const width = Math.max(...rows.map(([left]) => left.length))
  const usage = `usage: propolis ${command.name}${command.positionals === undefined ? "" : ` ${command.positionals}`} [options]`
  return `${command.summary}\n\n${usage}\n\n${rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join("\n")}\n\nexample:\n  ${command.example}\n`
}

export function text(args: Arguments, name: string): string | undefined {
  const value = args.values[name]
  return typeof value === "string" ? value : undefined
}

export function flag(args: Arguments, name: string): boolean {
  return args.values[name] === true
}

/** @throws PropolisError USAGE where the option is no TCP port. */
export function port(args: Arguments, name: string): number | undefined {
  const value = text(args, name)
  if (value === undefined) return undefined
  const number = Number(value)
  if (!/^[0-9]{1,5}$/.test(value) || number > 65_535) {
    throw new PropolisError("USAGE", `--${name}: expected a port from 0 to 65535, got '${value}'`)
  }
  return number
}

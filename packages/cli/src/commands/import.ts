import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { PropolisError } from "@propolis/core"
import { type Command, flag, jsonOption } from "../command.ts"

/** `propolis import honeypy PATH` */
export const importCommand: Command = {
  name: "import",
  summary:
    "Prints the log handlers of a HoneyPy (its etc/honeypy.cfg, or the folder it is installed in) as a part of propolis.yaml; what is not the same as it was is told on standard error.",
  positionals: "honeypy PATH",
  example: "propolis import honeypy /opt/HoneyPy > handlers.yaml",
  options: { json: jsonOption },
  async run(args) {
    const [kind, path] = args.positionals
    if (kind !== "honeypy" || path === undefined || args.positionals.length !== 2) {
      throw new PropolisError("USAGE", "expected: propolis import honeypy PATH")
    }
    const { importHoneypyConfig } = await import("@propolis/sensor")
    const { yaml, notes } = importHoneypyConfig(await readHoneypy(path))
    if (flag(args, "json")) console.log(JSON.stringify({ yaml, notes }))
    else {
      process.stdout.write(yaml)
      for (const note of notes) console.error(`note: ${note}`)
    }
    return 0
  },
}

/** @throws PropolisError CONFIG_UNREADABLE */
async function readHoneypy(path: string): Promise<string> {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, "etc", "honeypy.cfg") : path
    return await readFile(file, "utf8")
  } catch (cause) {
    throw new PropolisError(
      "CONFIG_UNREADABLE",
      `no HoneyPy configuration at ${path}: ${(cause as Error).message}`,
      {
        cause,
      },
    )
  }
}

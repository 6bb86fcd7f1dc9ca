import { PropolisError } from "@propolis/core"
import { type Arguments, type Command, dataOption, flag, jsonOption, text } from "../command.ts"
import { openDataFolder } from "../data-folder.ts"

/** `propolis handlers test NAME -c FILE`, `propolis handlers retry NAME` */
export const handlers: Command = {
  name: "handlers",
  summary:
    "test: delivers one sample event and tells what the peer answered.\nretry: has a log handler's dead letters delivered again, at once by a running sensor, else at its next start.",
  positionals: "test|retry NAME",
  example: "propolis handlers test slack -c propolis.yaml",
  options: {
    config: {
      type: "string",
      short: "c",
      value: "FILE",
      description: "configuration of the sensor, for test",
    },
    data: dataOption,
    json: jsonOption,
  },
  async run(args) {
    const [what, name, ...more] = args.positionals
    if (name === undefined || more.length > 0 || (what !== "test" && what !== "retry")) {
      throw new PropolisError(
        "USAGE",
        "expected: propolis handlers test NAME, or propolis handlers retry NAME",
      )
    }
    return what === "test" ? testHandler(name, args) : retryLetters(name, args)
  },
}

async function testHandler(name: string, args: Arguments): Promise<number> {
  const path = text(args, "config")
  if (path === undefined) throw new PropolisError("USAGE", "-c is missing: the sensor's configuration file")
  const { loadConfig, tryHandler } = await import("@propolis/sensor")
  const config = await loadConfig(path)
  const entry = config.handlers.find((handler) => handler.name === name)
  if (entry === undefined) {
    const known = config.handlers.map((handler) => handler.name).join(", ")
    throw new PropolisError("USAGE", `${path} has no log handler '${name}'; it has: ${known || "none"}`)
  }
  const { sensor: dataDir } = openDataFolder(text(args, "data")!)
  const answer = await tryHandler(entry, { dataDir, sensor: config.sensor.id ?? "sample" })
  if (flag(args, "json")) console.log(JSON.stringify(answer))
  else console.log(`${name}: ${answer.ok ? "ok" : "FAILED"} after ${answer.ms} ms: ${answer.said}`)
  return answer.ok ? 0 : 69
}

async function retryLetters(name: string, args: Arguments): Promise<number> {
  const { requestRetry } = await import("@propolis/sensor")
  const { sensor: dataDir } = openDataFolder(text(args, "data")!)
  const letters = await requestRetry(dataDir, name)
  if (flag(args, "json")) console.log(JSON.stringify({ name, letters }))
  else if (letters === 0) console.log(`${name} has no dead letters.`)
  else {
    console.log(
      `${letters} dead letters of ${name} are delivered again: within seconds where the sensor runs, else at its next start.`,
    )
  }
  return 0
}

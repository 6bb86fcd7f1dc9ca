import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PropolisError } from "@propolis/core"
import { hostRuntime } from "@propolis/sensor/host-runtime"
import { type Child, startChild } from "../children.ts"
import { type Command, dataOption, flag, port, text } from "../command.ts"
import { type DataFolder, openDataFolder } from "../data-folder.ts"
import { connectHub } from "../hub-client.ts"
import { onReload, onStop } from "../signals.ts"
import type { KeyPair } from "./keys.ts"

/** How long a program may take to end before it is ended. */
const graceMs = 4_500

/** `propolis start`: both programs on this machine, as children, so that the sensor never loads the store. */
export const start: Command = {
  name: "start",
  summary:
    "Runs a hub and a sensor on this machine until Ctrl-C; SIGHUP reads the sensor's configuration again (from a terminal it ends both).",
  example: "propolis start --data ./data --port 4040",
  options: {
    data: { ...dataOption, description: "folder of everything that is kept (with --demo: ./data/demo)" },
    listen: {
      type: "string",
      value: "ADDR",
      description: "address of the page and API",
      default: "127.0.0.1",
    },
    port: { type: "string", value: "N", description: "port of the page and API", default: "4040" },
    demo: { type: "boolean", description: "a scratch hub full of generated events, without a sensor" },
  },
  async run(args) {
    const demo = flag(args, "demo")
    const folder = openDataFolder(
      demo && text(args, "data") === "./data" ? "./data/demo" : text(args, "data")!,
    )
    const children: Child[] = []
    let stopping: Promise<void> | undefined
    const stopAll = () => {
      // The sensor first: its last events still find a hub.
      stopping ??= (async () => {
        for (const child of children.toReversed()) await child.stop(graceMs / children.length)
      })()
      return stopping
    }
    onStop(() => void stopAll())
    try {
      const hub = startChild(
        "hub",
        hubArguments(folder, args.values.listen as string, port(args, "port")!, demo),
        {
          // The store's statements run on libuv's pool beside files and compression.
          env: { UV_THREADPOOL_SIZE: "12" },
        },
      )
      children.push(hub)
      const { url, oneTimePassword } = await hub.ready
      announce(url!, oneTimePassword, demo)
      if (demo) {
        const { fillWithGeneratedEvents } = await import("../demo.ts")
        const keys = await localKeys(folder)
        const filler = new AbortController()
        void hub.exited.then(() => filler.abort())
        await fillWithGeneratedEvents({
          url: url!,
          keys,
          signal: filler.signal,
          say: (line) => console.log(line),
        })
      } else {
        await prepareSensor(folder)
        const sensor = startChild(
          "sensor",
          ["sensor", "-c", folder.configFile, "--data", folder.root],
          hostRuntime,
        )
        children.push(sensor)
        // Before it listens to signals, this one would end it.
        onReload(() => void sensor.ready.then(() => sensor.process.kill("SIGHUP")))
        await sensor.ready
        console.log(`  services are in ${folder.configFile}; after an edit: kill -HUP ${sensor.process.pid}`)
      }
      const first = await Promise.race(
        children.map(async (child) => ({ name: child.name, code: await child.exited })),
      )
      if (stopping === undefined) {
        console.error(`propolis: the ${first.name} ended by itself with exit code ${first.code}; stopping`)
        await stopAll()
        return first.code === 0 ? 70 : first.code
      }
    } catch (error) {
      if (stopping === undefined) {
        await stopAll()
        const failed = (await Promise.all(children.map((child) => child.exited))).find((code) => code !== 0)
        if (error instanceof PropolisError) throw error
        console.error(`propolis: ${(error as Error).message}`)
        return failed ?? 70
      }
    }
    await stopping
    return 0
  },
}

function hubArguments(folder: DataFolder, listen: string, webPort: number, demo: boolean): string[] {
  const args = [
    "hub",
    "--data",
    folder.root,
    "--listen",
    listen,
    "--port",
    String(webPort),
    "--anonymous",
    "recent",
  ]
  if (demo) args.push("--demo")
  return args
}

function announce(url: string, login: { email: string; password: string } | undefined, demo: boolean): void {
  const lines = [
    ``,
    `  Propolis${demo ? " (demonstration: every event here is generated)" : ""}`,
    ``,
    `  page      ${url}`,
  ]
  if (login !== undefined) {
    lines.push(
      `  sign in   ${login.email}`,
      `  password  ${login.password}   (one time: it is replaced at the first sign-in)`,
    )
  }
  console.log([...lines, "", "  Ctrl-C stops everything.", ""].join("\n"))
}

/** The keys of the programs that run beside this hub; made once. */
async function localKeys(folder: DataFolder): Promise<KeyPair> {
  if (existsSync(folder.sensorKeyFile))
    return JSON.parse(readFileSync(folder.sensorKeyFile, "utf8")) as KeyPair
  const keys = (await connectHub(folder).request("POST", "/api/admin/keys", {})) as KeyPair
  writeFileSync(folder.sensorKeyFile, `${JSON.stringify(keys)}\n`, { mode: 0o600 })
  return keys
}

/** On the first run: a key for the sensor, and its configuration, which is the operator's from then on. */
async function prepareSensor(folder: DataFolder): Promise<void> {
  const keys = await localKeys(folder)
  writeFileSync(join(folder.sensor, "hub-api-id"), keys.api_id, { mode: 0o600 })
  writeFileSync(join(folder.sensor, "hub-key"), keys.sensor_key, { mode: 0o600 })
  if (existsSync(folder.configFile)) return
  writeFileSync(folder.configFile, await firstConfiguration(), { mode: 0o600 })
  console.log(`  made ${folder.configFile}`)
}

/** What the first run writes: the default profile, with the hub beside it as a log handler. */
export async function firstConfiguration(): Promise<string> {
  const { defaultProfileText } = await import("@propolis/sensor")
  return `${defaultProfileText().trimEnd()}\n${hubHandler}`
}

/** Continues the default profile's last part, `handlers`. */
const hubHandler = `  # The hub beside this sensor; its key was made by "propolis start".
  hub:
    options:
      url: { file: hub/url }
      apiId: { file: sensor/hub-api-id }
      apiKey: { file: sensor/hub-key }
`

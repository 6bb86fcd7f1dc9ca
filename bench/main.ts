/** `npm run bench -- NAME …` and `npm run torture -- NAME …`: each is a module that exports `run(args)`. */
interface Runner {
  /** Exit code. */
  run(args: string[]): Promise<number>
}

const benches: Record<string, readonly [load: () => Promise<Runner>, what: string]> = {
  sensor: [() => import("./sensor.ts"), "connections/s, CPU, memory and UDP packets/s against a bare server"],
  hub: [() => import("./hub.ts"), "ingest events/s and the ten queries; --events N"],
  handlers: [() => import("./handlers.ts"), "events/s of log handlers against bare writers; --events N"],
}
const tortures: Record<string, readonly [load: () => Promise<Runner>, what: string]> = {
  hostile: [() => import("./torture/hostile.ts"), "floods, slow clients and random bytes on every port"],
  "sensor-kill": [() => import("./torture/sensor-kill.ts"), "kill -9 of the sensor under load; --runs N"],
  "hub-kill": [() => import("./torture/hub-kill.ts"), "kill -9 of the hub under ingest; --runs N"],
  handlers: [
    () => import("./torture/handlers.ts"),
    "one hangs, one fails, one is well; kill -9; --events N --runs N",
  ],
  "hub-away": [() => import("./torture/hub-away.ts"), "the hub is away for a while, then back"],
}

const [kind = "bench", name, ...args] = process.argv.slice(2)
const menu = kind === "torture" ? tortures : benches
const entry = name === undefined ? undefined : menu[name]
if (entry === undefined) {
  const lines = Object.entries(menu).map(
    ([key, [, what]]) => `  npm run ${kind} -- ${key.padEnd(12)} ${what}`,
  )
  console.error(`${name === undefined ? "" : `unknown: ${name}\n`}usage:\n${lines.join("\n")}`)
  process.exitCode = name === undefined ? 0 : 64
} else {
  const runner = await entry[0]()
  process.exitCode = await runner.run(args)
}

import { PropolisError } from "@propolis/core"
import { tellReady } from "../children.ts"
import { type Command, dataOption, text } from "../command.ts"
import { openDataFolder } from "../data-folder.ts"
import { onReload, onStop } from "../signals.ts"

/** `propolis sensor -c FILE` */
export const sensor: Command = {
  name: "sensor",
  summary:
    "Runs a sensor until SIGINT or SIGTERM; SIGHUP reads its configuration again (from a terminal it ends it).",
  example: "propolis sensor -c propolis.yaml --data /var/lib/propolis",
  options: {
    config: { type: "string", short: "c", value: "FILE", description: "configuration" },
    data: dataOption,
    listen: {
      type: "string",
      value: "ADDR",
      description: "address that services listen on, over the file's",
    },
  },
  async run(args) {
    const config = text(args, "config")
    if (config === undefined)
      throw new PropolisError("USAGE", "-c is missing: the sensor's configuration file")
    const folder = openDataFolder(text(args, "data")!)
    const listen = text(args, "listen")
    const { runSensor } = await import("@propolis/sensor")
    const starting = runSensor({
      configPath: config,
      dataDir: folder.sensor,
      out: process.stdout,
      ...(listen === undefined ? {} : { listen }),
    })
    // Listened to from the beginning: a SIGHUP during the start would otherwise end the process.
    onReload(
      () =>
        void starting.then(
          (sensor) => sensor.reload(),
          () => {},
        ),
    )
    const running = await starting
    const stopped = new Promise<void>((resolve, reject) => {
      onStop(() => void running.close().then(resolve, reject))
    })
    tellReady({ services: running.services() })
    await stopped
    return 0
  },
}

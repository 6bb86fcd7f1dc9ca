import { rmSync, writeFileSync } from "node:fs"
import { PropolisError } from "@propolis/core"
import { tellReady } from "../children.ts"
import { type Command, dataOption, flag, port, text } from "../command.ts"
import { openDataFolder } from "../data-folder.ts"
import { onReload, onStop } from "../signals.ts"

/** `propolis hub [-c FILE]` */
export const hub: Command = {
  name: "hub",
  summary: "Runs a hub until SIGINT or SIGTERM.",
  example: "propolis hub --data /var/lib/propolis --listen 127.0.0.1 --port 4040",
  options: {
    config: { type: "string", short: "c", value: "FILE", description: "configuration (its part `hub`)" },
    data: dataOption,
    listen: { type: "string", value: "ADDR", description: "address of the page and API, over the file's" },
    port: { type: "string", value: "N", description: "port of the page and API, over the file's" },
    anonymous: {
      type: "string",
      value: "none|recent",
      description: "what readers without an account see, over the file's",
    },
    demo: { type: "boolean", description: "mark this hub's events as generated" },
  },
  async run(args) {
    const anonymous = text(args, "anonymous")
    if (anonymous !== undefined && anonymous !== "none" && anonymous !== "recent") {
      throw new PropolisError("USAGE", `--anonymous: expected none or recent, got '${anonymous}'`)
    }
    const folder = openDataFolder(text(args, "data")!)
    const [configPath, listen, webPort] = [text(args, "config"), text(args, "listen"), port(args, "port")]
    const { runHub } = await import("@propolis/hub")
    const running = await runHub({
      dataDir: folder.hub,
      demo: flag(args, "demo"),
      log: (line) => console.log(`hub: ${line}`),
      ...(configPath === undefined ? {} : { configPath }),
      ...(listen === undefined ? {} : { listen }),
      ...(webPort === undefined ? {} : { port: webPort }),
      ...(anonymous === undefined ? {} : { anonymous }),
    })
    writeFileSync(folder.hubUrlFile, `${running.url}\n`, { mode: 0o600 })
    const stopped = new Promise<void>((resolve, reject) => {
      onStop(() => void running.close().then(resolve, reject))
    })
    onReload(() => console.log("hub: SIGHUP changes nothing here; a new configuration needs a restart"))
    if (process.send) {
      tellReady({
        url: running.url,
        ...(running.oneTimePassword === undefined ? {} : { oneTimePassword: running.oneTimePassword }),
      })
    } else {
      console.log(`hub: page ${running.url}`)
      if (running.oneTimePassword !== undefined) {
        console.log(
          `hub: sign in as ${running.oneTimePassword.email}, one-time password ${running.oneTimePassword.password}`,
        )
      }
    }
    await stopped
    rmSync(folder.hubUrlFile, { force: true })
    return 0
  },
}

/**
 * For tests: a hub as a process of its own, so that it can be killed. Started with a data folder and a
 * port; tells its parent `{ready}` or `{failed}`, and closes at the message `close`.
 */
import { PropolisError } from "@propolis/core"
import { runHub } from "./index.ts"

const [dataDir, port] = process.argv.slice(2)
const log: string[] = []
try {
  const hub = await runHub({
    dataDir: dataDir!,
    port: Number(port),
    config: { store: { maxMemoryMiB: 512 } },
    log: (message) => log.push(message),
  })
  const { url, oneTimePassword, adminTokenFile } = hub
  process.send!({ ready: { url, oneTimePassword, adminTokenFile } })
  process.on("message", (message) => {
    if (message === "close")
      void hub.close().then(() => process.send!({ closed: log }, () => process.exit(0)))
  })
} catch (error) {
  const code = error instanceof PropolisError ? error.code : String(error)
  process.send!({ failed: code }, () => process.exit(1))
}

/** For tests: the real hub as a process of its own. Arguments: data folder, folder of the pages, who may read without an account. */
import { runHub } from "@propolis/hub"

const [dataDir, pagesDir, anonymous] = process.argv.slice(2)
const hub = await runHub({
  dataDir: dataDir!,
  pagesDir: pagesDir!,
  port: 0,
  anonymous: anonymous === "recent" ? "recent" : "none",
  config: { store: { maxMemoryMiB: 512 } },
  log: (message) => process.stderr.write(`hub: ${message}\n`),
})
process.on("message", (message) => {
  if (message === "close") void hub.close().then(() => process.exit(0))
})
// Without a parent there is nobody to test for.
process.on("disconnect", () => process.exit(1))
process.send!({ url: hub.url, oneTimePassword: hub.oneTimePassword, adminTokenFile: hub.adminTokenFile })

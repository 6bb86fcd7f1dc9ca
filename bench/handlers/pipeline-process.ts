/** A pipeline alone in a process, on a journal that is there: `node pipeline-process.ts FOLDER URL` delivers to URL until it is killed. */
import { openJournal } from "@propolis/journal"
import { startPipeline } from "../../packages/sensor/src/pipeline/index.ts"
import { webhookEntry } from "./webhook-entry.ts"

const [, , folder, url] = process.argv as unknown as [string, string, string, string]
const journal = await openJournal({ dir: `${folder}/journal` })
const pipeline = await startPipeline({
  journal,
  handlers: [webhookEntry("killed", url)],
  sensor: "torture",
  dataDir: folder,
  log: (message) => console.error(message),
})
setInterval(() => {
  if (pipeline.stats().killed!.lag === 0) process.send!("drained")
}, 50)
process.on("disconnect", () => process.exit(0))

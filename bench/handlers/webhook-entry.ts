/** A log handler of the pipeline that posts NDJSON to an address. */
import { findLogHandler } from "@propolis/log-handlers"
import type { PipelineHandler } from "../../packages/sensor/src/pipeline/index.ts"

/** Events that a crash may repeat. */
export const eventsPerBatch = 1_000

export function webhookEntry(name: string, url: string, deliveryTimeoutMs = 60_000): PipelineHandler {
  const handler = findLogHandler("webhook")!
  const options = handler.options.parse({ url, format: "ndjson" })
  return { name, handler, options, deliveryTimeoutMs, batch: { maxEvents: eventsPerBatch, maxWaitMs: 20 } }
}

/** Every log handler of this release: one line each. */
import type { LogHandler } from "@propolis/core"
import { elasticsearchLogHandler } from "./elasticsearch/elasticsearch-handler.ts"
import { fileLogHandler } from "./file/file-handler.ts"
import { honeydbLogHandler } from "./honeydb/honeydb-handler.ts"
import { hubLogHandler } from "./hub/hub-handler.ts"
import { splunkLogHandler } from "./splunk/splunk-handler.ts"
import { sumologicLogHandler } from "./sumologic/sumologic-handler.ts"

export const logHandlers: readonly LogHandler[] = [
  fileLogHandler as LogHandler,
  hubLogHandler as LogHandler,
  honeydbLogHandler as LogHandler,
  elasticsearchLogHandler as LogHandler,
  splunkLogHandler as LogHandler,
  sumologicLogHandler as LogHandler,
]

export function findLogHandler(name: string): LogHandler | undefined {
  return logHandlers.find((handler) => handler.name === name)
}

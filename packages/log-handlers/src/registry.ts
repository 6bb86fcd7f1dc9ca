/** Every log handler of this release: one line each. */
import type { LogHandler } from "@propolis/core"
import { fileLogHandler } from "./file/file-handler.ts"
import { hubLogHandler } from "./hub/hub-handler.ts"

export const logHandlers: readonly LogHandler[] = [fileLogHandler as LogHandler, hubLogHandler as LogHandler]

export function findLogHandler(name: string): LogHandler | undefined {
  return logHandlers.find((handler) => handler.name === name)
}

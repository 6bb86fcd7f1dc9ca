export { type FileOptions, fileLogHandler } from "./file/file-handler.ts"
export { type HubOptions, hubLogHandler } from "./hub/hub-handler.ts"
export { findLogHandler, logHandlers } from "./registry.ts"

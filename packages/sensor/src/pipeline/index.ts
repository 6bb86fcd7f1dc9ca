export { requestRetry, retryIsRequested } from "./dead-letter-retry.ts"
export { compileFilter, type EventFilter, filterLogHandler } from "./filter.ts"
export { startPipeline } from "./pipeline.ts"
export type * from "./types.ts"

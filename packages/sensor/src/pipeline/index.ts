export { startPipeline } from "./pipeline.ts"
export type * from "./types.ts"

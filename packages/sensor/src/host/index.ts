export { createHost } from "./create-host.ts"
export { hostRuntime } from "./runtime.ts"
export type * from "./types.ts"

export { createHost } from "./create-host.ts"
export type * from "./types.ts"

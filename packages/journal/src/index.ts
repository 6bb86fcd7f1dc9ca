export { openJournal } from "./journal.ts"
export type * from "./types.ts"

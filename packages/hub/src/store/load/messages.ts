/** Between the loader and its worker. The worker does one thing at a time, in order. */
import type { Candidate } from "./batch-builder.ts"
import type { HighestId } from "./highest-ids.ts"

export interface WorkerSettings {
  readonly spoolDir: string
  readonly retentionDays: number
  readonly highest: readonly HighestId[]
}

export type WorkerRequest =
  | { readonly kind: "add"; readonly ndjson: Uint8Array; readonly firstSequence: number }
  | { readonly kind: "candidates" }
  | { readonly kind: "finish"; readonly stored: readonly string[]; readonly batch: number }

/** A file of rows of one day, synced to the disk. */
export interface SpoolFile {
  readonly name: string
  readonly day: number
  readonly rows: number
}

export interface FinishedBatch {
  readonly files: readonly SpoolFile[]
  readonly rows: number
  readonly duplicates: number
  readonly damaged: number
}

export type WorkerAnswer =
  | { readonly kind: "added" }
  | { readonly kind: "candidates"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "finished"; readonly batch: FinishedBatch }
  | { readonly kind: "failed"; readonly message: string; readonly code: string }

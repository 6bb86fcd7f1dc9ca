/**
 * What the loader is about to insert, on disk before it does: after a crash the same files are inserted again with the
 * same tokens, which the store takes as one insert.
 */
import { open, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import type { Position } from "@propolis/journal"
import type { SpoolFile } from "./messages.ts"

export interface PlannedInsert extends SpoolFile {
  readonly token: string
}

export interface Plan {
  readonly version: 1
  /** Rises by batch. */
  readonly batch: number
  /** Where the journal is read on once the batch is stored. */
  readonly end: Position
  /** What is added to a journal's ordinal to make a sequence. */
  readonly sequenceBase: number
  /** The highest sequence once the batch is stored. */
  readonly watermark: number
  /** Columns of the rows, in order. */
  readonly columns: readonly string[]
  /** Empty where the batch is stored. */
  readonly inserts: readonly PlannedInsert[]
}

/** The plan that was written last; `undefined` where there is none. */
export async function readPlan(dir: string): Promise<Plan | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, "plan.json"), "utf8")) as Plan
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

/** Replaces the plan; resolves when it survives a power cut. */
export async function writePlan(dir: string, plan: Plan): Promise<void> {
  const temporary = join(dir, "plan.json.new")
  const file = await open(temporary, "w", 0o600)
  try {
    await file.writeFile(`${JSON.stringify(plan)}\n`)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(dir, "plan.json"))
  const folder = await open(dir, "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

export async function removeSpoolFiles(dir: string, inserts: readonly PlannedInsert[]): Promise<void> {
  for (const { name } of inserts) await rm(join(dir, name), { force: true })
}

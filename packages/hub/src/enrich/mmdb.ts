/** MaxMind DB files (maxmind.github.io/MaxMind-DB), as far as enrichment needs them. */
import { readFile } from "node:fs/promises"
import { Reader, type Response } from "mmdb-lib"

export type MmdbRecord = Readonly<Record<string, unknown>>

/** @throws where the file is missing or none. */
export async function openMmdb(file: string): Promise<(address: string) => MmdbRecord | undefined> {
  const reader = new Reader<Response>(await readFile(file))
  return (address) => {
    const record: unknown = reader.get(address)
    return typeof record === "object" && record !== null ? (record as MmdbRecord) : undefined
  }
}

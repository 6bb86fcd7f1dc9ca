/** Content codings of request bodies. */
import { promisify } from "node:util"
import { gzip, zstdCompress } from "node:zlib"

export type Coding = "zstd" | "gzip" | "none"

const compressors = { zstd: promisify(zstdCompress), gzip: promisify(gzip) }

export async function compress(bytes: Uint8Array, coding: Coding): Promise<Uint8Array> {
  return coding === "none" ? bytes : compressors[coding](bytes)
}

/** The header that names a coding, where there is one. */
export function codingHeader(coding: Coding): Record<string, string> {
  return coding === "none" ? {} : { "content-encoding": coding }
}

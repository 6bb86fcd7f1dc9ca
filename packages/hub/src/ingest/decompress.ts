/** The body of a batch: identity, gzip (RFC 1952) or zstd (RFC 8878), never larger than allowed. */
import { constants, gunzip, zstdDecompress } from "node:zlib"

export const contentCodings = ["identity", "gzip", "zstd"] as const
export type ContentCoding = (typeof contentCodings)[number]

/** @returns undefined for a coding that is not accepted. */
export function parseContentCoding(header: string | undefined): ContentCoding | undefined {
  const name = (header ?? "identity").trim().toLowerCase()
  if (name === "" || name === "identity") return "identity"
  if (name === "x-gzip") return "gzip"
  return contentCodings.find((coding) => coding === name)
}

export type Decompressed =
  | { readonly body: Buffer }
  | { readonly refused: "too large" }
  | { readonly refused: "damaged" }

const chunkSize = 256 * 1024
// A frame may ask for a window of 2 GiB; no sensor needs more than 8 MiB.
const maxWindowLog2 = 23

export async function decompress(
  body: Buffer,
  coding: ContentCoding,
  maxBytes: number,
): Promise<Decompressed> {
  if (coding === "identity") return body.length > maxBytes ? { refused: "too large" } : { body }
  return new Promise((resolve) => {
    const done = (error: NodeJS.ErrnoException | null, plain: Buffer) => {
      if (error === null) resolve({ body: plain })
      else resolve({ refused: error.code === "ERR_BUFFER_TOO_LARGE" ? "too large" : "damaged" })
    }
    const limits = { chunkSize, maxOutputLength: maxBytes }
    if (coding === "gzip") gunzip(body, limits, done)
    else {
      const params = { [constants.ZSTD_d_windowLogMax]: maxWindowLog2 }
      zstdDecompress(body, { ...limits, params }, done)
    }
  })
}

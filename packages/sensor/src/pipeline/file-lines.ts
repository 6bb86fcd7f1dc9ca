/** Lines of a file as the journal means them: only a newline ends one (`readLines` also ends them at U+2028). */
import { createReadStream } from "node:fs"
import { concatBytes } from "@propolis/core"

/** Each line without its newline; the last one also where its newline is missing. Nothing where there is no file. */
export async function* fileLines(path: string): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0)
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
      let start = 0
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
        yield concatBytes([rest, chunk.subarray(start, end)])
        rest = new Uint8Array(0)
        start = end + 1
      }
      rest = concatBytes([rest, chunk.subarray(start)])
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
  }
  if (rest.length > 0) yield rest
}

export async function countLines(path: string): Promise<number> {
  let lines = 0
  for await (const _ of fileLines(path)) lines++
  return lines
}

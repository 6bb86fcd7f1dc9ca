/** What a peer refuses for good is kept for a person to look at: one JSON object a line, with reason, within a byte cap. */
import { mkdir, open, rename, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { bytesFromText, concatBytes } from "@propolis/core"
import { countLines } from "./file-lines.ts"

export interface DeadLetter {
  /** The event's line as it was journaled, without newline. */
  readonly line: Uint8Array
  readonly reason: string
}

/** Where a handler's dead letters are. */
export function deadLetterPath(dataDir: string, name: string): string {
  return join(dataDir, "dead-letters", `${encodeURIComponent(name)}.ndjson`)
}

const newline = bytesFromText("}\n")
const maxReasonCharacters = 1_000

export class DeadLetters {
  /** Letters that were dropped for the byte cap, since the start. */
  dropped = 0
  readonly #path: string
  readonly #maxBytes: number
  readonly #now: () => number
  readonly #log: (message: string) => void

  /** Kept in `<dataDir>/dead-letters/<name>.ndjson` and, the older half, in `….ndjson.old`. */
  constructor(
    dataDir: string,
    name: string,
    maxBytes: number,
    now: () => number,
    log: (message: string) => void,
  ) {
    this.#path = deadLetterPath(dataDir, name)
    this.#maxBytes = maxBytes
    this.#now = now
    this.#log = log
  }

  /** Resolves when all of them are on the disk. */
  async write(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const time = this.#now()
    const parts: Uint8Array[] = []
    for (const { line, reason } of letters) {
      const head = JSON.stringify({ time, reason: reason.slice(0, maxReasonCharacters) })
      parts.push(bytesFromText(`${head.slice(0, -1)},"event":`), line, newline)
    }
    const bytes = concatBytes(parts)
    await this.#makeRoom(bytes.length)
    const file = await open(this.#path, "a", 0o600)
    try {
      const { size } = await file.stat()
      try {
        await file.writeFile(bytes)
      } catch (error) {
        await file.truncate(size)
        throw error
      }
      await file.datasync()
    } finally {
      await file.close()
    }
  }

  async #makeRoom(moreBytes: number): Promise<void> {
    if ((await sizeOf(this.#path)) + moreBytes <= this.#maxBytes / 2) return
    const old = `${this.#path}.old`
    const dropped = await countLines(old)
    if ((await sizeOf(this.#path)) > 0) await rename(this.#path, old)
    if (dropped === 0) return
    this.dropped += dropped
    this.#log(`${dropped} dead letters were dropped: ${this.#path} is at its cap of ${this.#maxBytes} bytes`)
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0
    throw error
  }
}

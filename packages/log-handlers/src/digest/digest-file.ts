/** What a digest has gathered, kept over a restart. */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type DigestState, digestStateSchema } from "./digest.ts"

export class DigestFile {
  readonly #path: string
  readonly #log: (message: string) => void
  #last = ""

  /** Kept in `<dataDir>/alerts/<name>.json`. */
  constructor(dataDir: string, name: string, log: (message: string) => void) {
    this.#path = join(dataDir, "alerts", `${encodeURIComponent(name)}.json`)
    this.#log = log
  }

  /** `undefined` where there is none; one that cannot be read is told and left aside. */
  async read(): Promise<DigestState | undefined> {
    try {
      const text = await readFile(this.#path, "utf8")
      const parsed = digestStateSchema.safeParse(JSON.parse(text))
      if (parsed.success) return parsed.data
      this.#log("what was gathered for alerts before the restart cannot be used and is dropped")
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        this.#log(
          `what was gathered for alerts before the restart cannot be read: ${(error as Error).message}`,
        )
      }
    }
    return undefined
  }

  /** Survives the end of the process; after a power cut the state may be an older one. */
  async write(state: DigestState): Promise<void> {
    const text = JSON.stringify(state)
    if (text === this.#last) return
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const next = `${this.#path}.next`
    const file = await open(next, "w", 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    await rename(next, this.#path)
    this.#last = text
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}

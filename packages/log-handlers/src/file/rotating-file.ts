/** A file that is appended to durably, renamed by size and day, and whose older parts are compressed and at last removed. */
import { createReadStream, createWriteStream } from "node:fs"
import { access, type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"

export interface RotatingFileOptions {
  readonly path: string
  /** A part is closed before it would be larger than this. */
  readonly maxBytes: number
  /** A part is closed when the day ends, UTC. */
  readonly daily: boolean
  /** Closed parts that are kept. */
  readonly keep: number
  readonly compress: boolean
  /** Unix milliseconds. */
  readonly now: () => number
  readonly log: (message: string) => void
}

const partPattern = /^\.\d{8}T\d{6}Z(?:-\d{3})?(?:\.gz)?$/

export class RotatingFile {
  readonly #options: RotatingFileOptions
  readonly #stop = new AbortController()
  #file: FileHandle | undefined
  #inode = 0
  #bytes = 0
  #day = ""
  #tidying: Promise<void> = Promise.resolve()

  constructor(options: RotatingFileOptions) {
    this.#options = options
  }

  /** Opens or makes the file, and finishes what an earlier process left half done. @throws where it cannot be opened */
  async open(): Promise<void> {
    await mkdir(dirname(this.#options.path), { recursive: true, mode: 0o700 })
    await this.#reopen()
    this.#tidyLater()
  }

  /** Resolves when the bytes are on the disk. Where that fails nothing of them is left in the file. */
  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    // Another program (logrotate) may have moved the file away.
    if (!(await this.#isInPlace())) await this.#reopen()
    const day = dayOf(this.#options.now())
    const tooLarge = this.#bytes + bytes.length > this.#options.maxBytes
    if (this.#bytes > 0 && (tooLarge || (this.#options.daily && day !== this.#day))) await this.#rotate()
    this.#day = day
    const file = this.#file!
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, null)
        done += bytesWritten
      }
      await file.datasync()
    } catch (error) {
      await file.truncate(this.#bytes)
      throw error
    }
    this.#bytes += bytes.length
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#tidying
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #isInPlace(): Promise<boolean> {
    if (this.#file === undefined) return false
    try {
      const { ino, size } = await stat(this.#options.path)
      return ino === this.#inode && size === this.#bytes
    } catch {
      return false
    }
  }

  async #reopen(): Promise<void> {
    const before = this.#file
    this.#file = undefined
    await before?.close()
    const file = await open(this.#options.path, "a", 0o600)
    this.#file = file
    const { ino, size, mtimeMs } = await file.stat()
    this.#inode = ino
    this.#bytes = size
    this.#day = dayOf(size > 0 ? mtimeMs : this.#options.now())
  }

  async #rotate(): Promise<void> {
    await rename(this.#options.path, await this.#partPath())
    await this.#reopen()
    this.#tidyLater()
  }

  /** `events.ndjson.20261122T130507Z`, with a number where that exists. */
  async #partPath(): Promise<string> {
    const stamp = new Date(this.#options.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")
    for (let n = 1; ; n++) {
      const path = `${this.#options.path}.${stamp}Z${n === 1 ? "" : `-${String(n).padStart(3, "0")}`}`
      if (!(await exists(path)) && !(await exists(`${path}.gz`))) return path
    }
  }

  /** Compressing and removing never delays a delivery. */
  #tidyLater(): void {
    this.#tidying = this.#tidying
      .then(() => this.#tidy())
      .catch((error: Error) => {
        if (!this.#stop.signal.aborted) this.#options.log(`cannot tidy old log files: ${error.message}`)
      })
  }

  async #tidy(): Promise<void> {
    const dir = dirname(this.#options.path)
    const base = basename(this.#options.path)
    const names = (await readdir(dir)).filter((name) => name.startsWith(`${base}.`))
    for (const name of names) {
      // A half-written compressed part: its source is still there.
      if (name.endsWith(".gz.tmp") && partPattern.test(name.slice(base.length, -4))) await rm(join(dir, name))
    }
    // The stamps sort by time; a name's number sorts behind the name without one.
    const parts = names.filter((name) => partPattern.test(name.slice(base.length))).sort(byStamp)
    const gone = parts.splice(0, Math.max(0, parts.length - this.#options.keep))
    for (const name of gone) await rm(join(dir, name))
    if (!this.#options.compress) return
    for (const name of parts) if (!name.endsWith(".gz")) await this.#compress(join(dir, name))
  }

  async #compress(path: string): Promise<void> {
    const target = `${path}.gz`
    const { signal } = this.#stop
    await pipeline(
      createReadStream(path),
      createGzip(),
      createWriteStream(`${target}.tmp`, { mode: 0o600, flush: true }),
      {
        signal,
      },
    )
    await rename(`${target}.tmp`, target)
    await rm(path)
  }
}

function byStamp(a: string, b: string): number {
  const left = a.replace(/\.gz$/, "")
  const right = b.replace(/\.gz$/, "")
  return left < right ? -1 : left > right ? 1 : 0
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

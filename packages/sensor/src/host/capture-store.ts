/**
 * Files that attackers left, by SHA-256: `ab/abcdef…`, mode 0600, written once (temporary file, rename).
 * What a peer called the file never becomes a path. A byte budget holds, the oldest go first.
 */
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import type { Counters } from "./counters.ts"

/** Bytes that may wait to be written; beyond, a file is counted as dropped (its event is recorded all the same). */
const maxWaitingBytes = 32 * 1024 * 1024

interface StoredFile {
  readonly sha256: string
  readonly bytes: number
}

const namePattern = /^[0-9a-f]{64}$/

export class CaptureStore {
  private readonly dir: string
  private readonly maxBytes: number
  private readonly counters: Counters
  private readonly report: (message: string) => void
  /** Oldest first. */
  private readonly stored = new Map<string, number>()
  private storedBytes = 0
  private readonly waiting = new Map<string, Uint8Array>()
  private waitingBytes = 0
  private work: Promise<void> | undefined
  private indexed = false

  /** The folder is made, and looked through, when the first file comes. */
  constructor(dir: string, maxBytes: number, counters: Counters, report: (message: string) => void) {
    this.dir = dir
    this.maxBytes = maxBytes
    this.counters = counters
    this.report = report
  }

  /** Keeps a copy of `bytes`; returns at once. */
  keep(sha256: string, bytes: Uint8Array): void {
    if (this.stored.has(sha256) || this.waiting.has(sha256)) return
    if (bytes.length > this.maxBytes || this.waitingBytes + bytes.length > maxWaitingBytes) {
      this.counters.count("capturesDropped")
      return
    }
    // Not slice(): a Buffer's does not copy.
    this.waiting.set(sha256, new Uint8Array(bytes))
    this.waitingBytes += bytes.length
    this.work ??= this.writeAll().finally(() => {
      this.work = undefined
    })
  }

  /** Resolves when everything kept so far is on the disk or has failed. */
  async settled(): Promise<void> {
    while (this.work !== undefined) await this.work
  }

  private async writeAll(): Promise<void> {
    for (;;) {
      const next = this.waiting.entries().next()
      if (next.done === true) return
      const [sha256, bytes] = next.value
      try {
        if (!this.indexed) await this.index()
        if (!this.stored.has(sha256)) await this.write(sha256, bytes)
      } catch (error) {
        this.counters.count("capturesFailed")
        this.report(`a captured file could not be kept: ${(error as Error).message}`)
      }
      this.waiting.delete(sha256)
      this.waitingBytes -= bytes.length
    }
  }

  private async write(sha256: string, bytes: Uint8Array): Promise<void> {
    await this.reclaim(this.maxBytes - bytes.length)
    const folder = join(this.dir, sha256.slice(0, 2))
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const temporary = join(folder, `.${sha256}.part`)
    const file = await open(temporary, "w", 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, join(folder, sha256))
    this.stored.set(sha256, bytes.length)
    this.storedBytes += bytes.length
    this.counters.count("capturesStored")
  }

  private async reclaim(maxBytes: number): Promise<void> {
    for (const [sha256, bytes] of this.stored) {
      if (this.storedBytes <= maxBytes) return
      await rm(join(this.dir, sha256.slice(0, 2), sha256), { force: true })
      this.stored.delete(sha256)
      this.storedBytes -= bytes
      this.counters.count("capturesReclaimed")
    }
  }

  /** What is there from earlier runs; half-written files of a crash are removed. */
  private async index(): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 })
    const found: (StoredFile & { readonly modifiedMs: number })[] = []
    for (const folder of await readdir(this.dir)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue
      for (const name of await readdir(join(this.dir, folder))) {
        const path = join(this.dir, folder, name)
        if (name.endsWith(".part")) await rm(path, { force: true })
        if (!namePattern.test(name)) continue
        const { size, mtimeMs } = await stat(path)
        found.push({ sha256: name, bytes: size, modifiedMs: mtimeMs })
      }
    }
    found.sort((a, b) => a.modifiedMs - b.modifiedMs)
    for (const { sha256, bytes } of found) {
      this.stored.set(sha256, bytes)
      this.storedBytes += bytes
    }
    this.indexed = true
  }
}

/** File operations that Node leaves to its users: whole writes, durable replacement. */
import { writeSync, writevSync } from "node:fs"
import { type FileHandle, open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { PropolisError } from "@propolis/core"

const fullCodes = new Set(["ENOSPC", "EDQUOT", "EIO", "EFBIG"])

/** Whether an error says that the disk takes no more. */
export function isDiskFull(error: unknown): boolean {
  return fullCodes.has((error as NodeJS.ErrnoException | undefined)?.code ?? "")
}

export function journalFull(cause: unknown, what: string): PropolisError {
  return new PropolisError("JOURNAL_FULL", `${what}: ${(cause as Error).message}`, { cause })
}

/** Writes all bytes at `offset`, going on after short writes. */
export function writeWhole(fd: number, bytes: Uint8Array, length: number, offset: number): void {
  let done = writeSync(fd, bytes, 0, length, offset)
  while (done < length) done += writeSync(fd, bytes, done, length - done, offset + done)
}

/** Writes two pieces as one at `offset`, going on after short writes. */
export function writeBothWhole(fd: number, first: Uint8Array, second: Uint8Array, offset: number): void {
  let done = writevSync(fd, [first, second], offset)
  while (done < first.length) done += writeSync(fd, first, done, first.length - done, offset + done)
  const whole = first.length + second.length
  while (done < whole) done += writeSync(fd, second, done - first.length, whole - done, offset + done)
}

/** Reads until `length` bytes are there or the file ends; returns how many. */
export async function readWhole(
  file: FileHandle,
  into: Uint8Array,
  at: number,
  length: number,
  offset: number,
): Promise<number> {
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(into, at + done, length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/** Makes names made, renamed or removed in a folder survive a power cut. */
export async function syncDirectory(dir: string): Promise<void> {
  // Windows cannot open a folder; its names are journaled by the file system.
  if (process.platform === "win32") return
  const handle = await open(dir, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Replaces a small file so that after a power cut the old or the new text is there, never a mixture. */
export async function replaceDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    const handle = await open(temporary, "w", 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

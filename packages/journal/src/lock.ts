/** One process at a time: a lock file with the holder's process id and start time, so that a dead holder's lock is taken over. */
import { randomUUID } from "node:crypto"
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PropolisError } from "@propolis/core"

interface Holder {
  readonly pid: number
  /** Boot and clock ticks at which the process began, where the system tells; a reused id has another. */
  readonly started: string
  readonly nonce: string
}

/**
 * Takes the lock of `dir` and returns what releases it.
 * @throws PropolisError DATA_LOCKED where a living process holds it.
 */
export function takeLock(dir: string): () => void {
  const path = join(dir, "lock")
  const own: Holder = { pid: process.pid, started: startOf(process.pid), nonce: randomUUID() }
  const prepared = join(dir, `lock.${own.nonce}`)
  writeFileSync(prepared, JSON.stringify(own), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 16; attempt++) {
      try {
        // link(2) fails where the name exists: the lock appears whole, and for one process only.
        linkSync(prepared, path)
        return () => {
          if (readHolder(path)?.nonce === own.nonce) rmSync(path, { force: true })
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
      }
      const holder = readHolder(path)
      if (holder !== undefined && isAlive(holder)) {
        throw new PropolisError("DATA_LOCKED", `${dir} is in use by process ${holder.pid}`)
      }
      removeStale(path, join(dir, `lock.stale.${own.nonce}`), holder)
    }
    throw new PropolisError("DATA_LOCKED", `${dir}: several processes try to take it at once`)
  } finally {
    rmSync(prepared, { force: true })
  }
}

/** Moves a dead holder's lock away; another process may have done so, and taken it, in between: then its lock is put back. */
function removeStale(path: string, aside: string, stale: Holder | undefined): void {
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return
    throw error
  }
  const moved = readHolder(aside)
  if (moved !== undefined && moved.nonce !== stale?.nonce) linkSync(aside, path)
  rmSync(aside, { force: true })
}

function readHolder(path: string): Holder | undefined {
  try {
    const parsed = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder> | null
    if (typeof parsed?.pid !== "number" || !Number.isInteger(parsed.pid) || parsed.pid <= 0) return undefined
    return { pid: parsed.pid, started: String(parsed.started), nonce: String(parsed.nonce) }
  } catch {
    return undefined
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false
  }
  return startOf(holder.pid) === holder.started
}

/** `boot id:ticks since boot` of a process; the same empty text for all where there is no /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The second field is the command's name, which may hold spaces and parentheses (proc_pid_stat(5)).
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}:${ticks}`
  } catch {
    return ""
  }
}

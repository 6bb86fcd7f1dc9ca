/** The pages as they are shipped, built once for all test files and again only when a source of theirs changed. */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

const packageDir = join(import.meta.dirname, "..")
const rootDir = join(packageDir, "../..")
const cacheDir = join(rootDir, "node_modules", ".cache", "propolis-pages")
/** A build that nobody asked for in this time is removed. */
const keptMs = 24 * 3_600_000

/** A folder with the built pages. Other tests read it too: nothing may be written there. */
export async function builtPages(): Promise<string> {
  const dir = join(cacheDir, await digestOfSources())
  await mkdir(cacheDir, { recursive: true })
  if (!(await isThere(dir))) {
    // Test files start at the same moment: one builds, the others wait for it.
    await using _lock = await lockFile(`${dir}.lock`)
    if (!(await isThere(dir))) await buildInto(dir)
  }
  await utimes(dir, new Date(), new Date())
  return dir
}

async function buildInto(dir: string): Promise<void> {
  await removeOld()
  const unfinished = await mkdtemp(`${dir}-`)
  const vite = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin", "vite.js")
  const args = [vite, "build", "--outDir", unfinished, "--emptyOutDir", "--logLevel", "warn"]
  const child = spawn(process.execPath, args, {
    cwd: packageDir,
    // A test runner's NODE_ENV would build React for development.
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "inherit", "inherit"],
  })
  const [code] = (await once(child, "exit")) as [number | null]
  if (code === 0) return rename(unfinished, dir)
  await rm(unfinished, { recursive: true, force: true })
  throw new Error(`building the pages ended with ${code}`)
}

async function digestOfSources(): Promise<string> {
  const folders = ["packages/web/src", "packages/web/public", "packages/core/src"]
  const below = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(rootDir, folder), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name)),
    ),
  )
  const single = ["index.html", "package.json", "tsconfig.json", "vite.config.ts"]
  const files = [
    ...below.flat().sort(),
    ...single.map((name) => join(packageDir, name)),
    join(rootDir, "package-lock.json"),
  ]
  const hash = createHash("sha256")
  for (const file of files) {
    const source = await readFile(file)
    hash.update(`${file}\0${source.length}\0`).update(source)
  }
  return hash.digest("hex").slice(0, 24)
}

/** Waits until the file could be made, takes it over from a process that is gone, removes it when disposed of. */
async function lockFile(path: string): Promise<AsyncDisposable> {
  for (;;) {
    const file = await open(path, "wx").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error
    })
    if (file !== undefined) {
      await file.writeFile(String(process.pid))
      await file.close()
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    }
    const holder = Number(await readFile(path, "utf8").catch(() => ""))
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
    await sleep(100)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function removeOld(): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    const path = join(cacheDir, name)
    const usedAt = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now()
    if (Date.now() - usedAt > keptMs) await rm(path, { recursive: true, force: true })
  }
}

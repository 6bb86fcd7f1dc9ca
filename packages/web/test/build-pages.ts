import { spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const packageDir = join(import.meta.dirname, "..")

/** Builds the pages as they are shipped, into a folder of the test's own: never a stale build. */
export async function buildPages(outDir: string): Promise<void> {
  const vite = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin", "vite.js")
  const args = [vite, "build", "--outDir", outDir, "--emptyOutDir", "--logLevel", "warn"]
  const child = spawn(process.execPath, args, {
    cwd: packageDir,
    // A test runner's NODE_ENV would build React for development.
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "inherit", "inherit"],
  })
  const [code] = (await once(child, "exit")) as [number | null]
  if (code !== 0) throw new Error(`building the pages ended with ${code}`)
}

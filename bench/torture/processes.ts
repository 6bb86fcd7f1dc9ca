/** Real programs as child processes: the command `propolis`, killed without warning. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { ReadyMessage } from "../../packages/cli/src/children.ts"

const cli = join(import.meta.dirname, "..", "..", "packages", "cli", "src", "main.ts")

export interface RunningProgram {
  readonly child: ChildProcess
  readonly ready: ReadyMessage
  /** What it wrote so far, its last 64 KiB. */
  output(): string
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM. Resolves to its exit code. @throws Error where it takes longer than `graceMs`. */
  stop(graceMs?: number): Promise<number | null>
}

/** Starts `propolis ARGS`. Resolves when it serves. @throws Error with its output where it does not. */
export async function startProgram(args: readonly string[], timeoutMs = 60_000): Promise<RunningProgram> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", cli, ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, PROPOLIS_SUPERVISED: "1", NO_COLOR: "1", UV_THREADPOOL_SIZE: "12" },
  })
  let output = ""
  const take = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-65_536)
  }
  child.stdout!.on("data", take)
  child.stderr!.on("data", take)
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve))
  const ready = await new Promise<ReadyMessage>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL")
      reject(new Error(`propolis ${args.join(" ")} was not ready in ${timeoutMs} ms:\n${output}`))
    }, timeoutMs)
    child.on("message", (message: ReadyMessage) => {
      clearTimeout(timer)
      resolve(message)
    })
    void exited.then((code) => {
      clearTimeout(timer)
      reject(new Error(`propolis ${args.join(" ")} ended with ${code}:\n${output}`))
    })
  })
  return {
    child,
    ready,
    output: () => output,
    async kill() {
      child.kill("SIGKILL")
      await exited
    },
    async stop(graceMs = 15_000) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      child.kill("SIGTERM")
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          child.kill("SIGKILL")
          reject(new Error(`propolis ${args.join(" ")} did not stop in ${graceMs} ms:\n${output}`))
        }, graceMs)
      })
      try {
        return await Promise.race([exited, late])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** A folder that is removed by the returned function. */
export function scratchFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `propolis-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** The value of `--name` among the arguments, as a whole number. */
export function numberOption(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(`--${name}`)
  if (at < 0) return fallback
  const value = Number(args[at + 1])
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number above 0`)
  return value
}

export type Check = readonly [what: string, ok: boolean, seen: string]

/** Prints what was checked; gives the exit code. */
export function report(title: string, checks: readonly Check[]): number {
  console.log(`\n${title}`)
  for (const [what, ok, seen] of checks) console.log(`  ${ok ? "ok  " : "FAIL"} ${what}: ${seen}`)
  return checks.every(([, ok]) => ok) ? 0 : 1
}

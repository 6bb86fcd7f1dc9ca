/** Child processes of the hub's bench: the engine needs a larger thread pool than a process has by default. */
import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"

export interface Child<First> {
  readonly process: ChildProcess
  /** Its first message. */
  readonly first: First
  stop(): Promise<void>
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>
}

/** Starts a script below `bench/`. @throws Error where it ends before it says something. */
export async function startChild<First>(script: string, args: readonly string[]): Promise<Child<First>> {
  const child = fork(join(import.meta.dirname, "..", script), [...args], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    env: { ...process.env, UV_THREADPOOL_SIZE: "12" },
  })
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const first = await new Promise<First>((resolve, reject) => {
    child.once("message", (message) => resolve(message as First))
    child.once("exit", (code, signal) => reject(new Error(`${script} ended with ${code ?? signal}`)))
  })
  return {
    process: child,
    first,
    async kill() {
      child.kill("SIGKILL")
      await exited
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      if (child.connected) child.send("stop", () => {})
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000)
      await exited
      clearTimeout(timer)
    },
  }
}

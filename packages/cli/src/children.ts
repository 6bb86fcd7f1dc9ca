/** The two programs as child processes of `propolis start`: the sensor never shares a process with the store. */
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { signalNumbers } from "./signals.ts"

/** What a child tells its parent once it serves. */
export interface ReadyMessage {
  readonly type: "ready"
  readonly url?: string
  readonly oneTimePassword?: { readonly email: string; readonly password: string }
  /** Of a sensor: what listens where. */
  readonly services?: readonly { readonly name: string; readonly transport: string; readonly port: number }[]
}

export interface Child {
  readonly name: string
  readonly process: ChildProcess
  /** @throws Error where the child ends before it is ready. */
  readonly ready: Promise<ReadyMessage>
  /** Exit code; 128 + signal number where a signal ended it. */
  readonly exited: Promise<number>
  /** Asks it to end, and ends it by force after `graceMs`. */
  stop(graceMs: number): Promise<number>
}

/** How Node is to be started for a child: arguments before the script, and variables that hold where this process's environment has none. */
export interface ChildRuntime {
  readonly execArgv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export function startChild(name: string, args: readonly string[], runtime: ChildRuntime = {}): Child {
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...(runtime.execArgv ?? []), join(import.meta.dirname, "main.ts"), ...args],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...runtime.env, ...process.env, PROPOLIS_SUPERVISED: "1" },
      // Its own process group: a terminal's Ctrl-C reaches only the parent, which stops both in order.
      detached: process.platform !== "win32",
    },
  )
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signalNumbers[signal ?? ""] ?? 1)))
    child.once("error", () => resolve(71))
  })
  const ready = new Promise<ReadyMessage>((resolve, reject) => {
    child.on("message", (message: ReadyMessage) => {
      if (message.type === "ready") resolve(message)
    })
    void exited.then((code) =>
      reject(new Error(`the ${name} ended with exit code ${code} before it was ready`)),
    )
  })
  // Nobody may be waiting for it any more when it fails.
  ready.catch(() => {})
  return {
    name,
    process: child,
    ready,
    exited,
    async stop(graceMs) {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM")
      const timer = setTimeout(() => {
        console.error(`propolis: the ${name} did not end within ${graceMs} ms and is ended by force`)
        child.kill("SIGKILL")
      }, graceMs)
      const code = await exited
      clearTimeout(timer)
      return code
    },
  }
}

/** In a child: tells the parent. Elsewhere nothing. */
export function tellReady(message: Omit<ReadyMessage, "type">): void {
  process.send?.({ type: "ready", ...message })
}

/** A child process that answers one message at a time: a measured server, or the load generator. */
import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"
import type { hostRuntime } from "../../packages/sensor/src/host/runtime.ts"
import type { ListeningPort, Ready, Usage } from "../yardstick/usage.ts"
import type { Done, Order } from "./generator.ts"

const bench = join(import.meta.dirname, "..")

export interface MeasuredServer {
  readonly port: number
  readonly services: readonly ListeningPort[]
  readonly isRunning: boolean
  usage(): Promise<Usage>
  stop(): Promise<void>
}

const plain: typeof hostRuntime = { execArgv: [], env: {} }

/** Starts a script below `bench/`. Resolves when it listens. A sensor's host is started as the product starts it. */
export async function startServer(
  script: string,
  args: readonly string[],
  runtime: typeof hostRuntime = plain,
): Promise<MeasuredServer> {
  const child = start(script, args, runtime)
  const { port, services = [] } = (await answer(child)) as Ready
  return {
    port,
    services,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null
    },
    usage: () => ask(child, "usage") as Promise<Usage>,
    stop: () => stop(child),
  }
}

export interface Generator {
  run(order: Order): Promise<Done>
  stop(): Promise<void>
}

export function startGenerator(): Generator {
  const child = start("sensor/generator.ts", [], plain)
  return {
    run: (order) => ask(child, order) as Promise<Done>,
    stop: () => stop(child),
  }
}

function start(script: string, args: readonly string[], runtime: typeof hostRuntime): ChildProcess {
  return fork(join(bench, script), [...args], {
    execArgv: ["--disable-warning=ExperimentalWarning", ...runtime.execArgv],
    env: { ...process.env, ...runtime.env },
  })
}

function ask(child: ChildProcess, message: "usage" | Order): Promise<unknown> {
  child.send(message)
  return answer(child)
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null) => {
      reject(new Error(`${child.spawnfile} ended: ${code ?? signal}`))
    }
    child.once("exit", onExit)
    child.once("message", (message) => {
      child.off("exit", onExit)
      resolve(message)
    })
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once("exit", resolve))
  child.disconnect()
  await exited
}

/** A Debian program as a test's peer: started on a free port of the loopback in a folder of its own, and ended for sure. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { findProgram, freePort } from "@propolis/testkit"

export interface DebianPeer {
  readonly port: number
  readonly dir: string
  /** What the program wrote so far. */
  output(): string
  stop(): Promise<void>
}

export interface DebianPeerOptions {
  readonly program: string
  /** Arguments and environment for a folder and a port. */
  command(
    dir: string,
    port: number,
  ): Promise<{ readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }>
  readonly readyMs?: number
}

/** Resolves when the port answers. */
export async function startDebianPeer(options: DebianPeerOptions): Promise<DebianPeer> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-peer-"))
  const port = await freePort()
  const { args, env } = await options.command(dir, port)
  const child = spawn(findProgram(options.program) ?? options.program, args, {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-100_000)
    })
  }
  const stop = async () => {
    await endGroup(child)
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
  const deadline = Date.now() + (options.readyMs ?? 30_000)
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`${options.program} does not answer on port ${port}:\n${output}`)
    }
    await delay(30)
  }
  return { port, dir, output: () => output, stop }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port })
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}

/** The program and whatever it started. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return
  const ended =
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise<void>((resolve) => child.once("exit", () => resolve()))
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    try {
      process.kill(-child.pid, signal)
    } catch {
      // Nobody of the group is left.
    }
    if (signal === "SIGTERM") await Promise.race([ended, delay(3_000)])
  }
  await ended
}

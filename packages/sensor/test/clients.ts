/** Runs real programs and talks to them. */
import { spawn } from "node:child_process"

export interface Ran {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** One turn of a conversation: when the program has shown `wait`, it is given `say`. */
export interface Turn {
  readonly wait: RegExp
  readonly say: string
}

/**
 * Runs a program to its end; its standard input is `input`, or what the turns say. After the last turn the
 * program is told to terminate: telnet does not end with its input.
 */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly input?: string | Buffer; readonly turns?: readonly Turn[] } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, LC_ALL: "C", TERM: "dumb" } })
    const stdout: Buffer[] = []
    let stderr = ""
    const turns = [...(options.turns ?? [])]
    let unread = ""
    child.stdout.on("data", (bytes: Buffer) => {
      stdout.push(bytes)
      unread += bytes.toString("latin1")
      const turn = turns[0]
      if (turn === undefined || !turn.wait.test(unread)) return
      unread = ""
      turns.shift()
      child.stdin.write(turn.say)
      if (turns.length === 0) child.kill("SIGTERM")
    })
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes.toString()
    })
    child.stdin.on("error", () => {})
    if (turns.length === 0) child.stdin.end(options.input)
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }))
  })
}

/** The bare record of an event: one JSON line through a write stream, as a script of an afternoon would do it. */
import { createWriteStream } from "node:fs"

export interface Lines {
  write(event: string, remoteHost: string | undefined, remotePort: number | undefined, data?: Buffer): void
}

export function openLines(path: string): Lines {
  const stream = createWriteStream(path, { flags: "a" })
  return {
    write(event, remoteHost, remotePort, data) {
      const payload = data === undefined ? undefined : data.toString("base64")
      const line = JSON.stringify({ time: Date.now(), event, remoteHost, remotePort, data: payload })
      stream.write(`${line}\n`)
    },
  }
}

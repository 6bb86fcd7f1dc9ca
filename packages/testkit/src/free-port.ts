/** A port for a program that cannot take port 0 itself, or that must find the same port after a restart. */
import { createServer } from "node:net"

/** A TCP port of 127.0.0.1 that nobody used a moment ago; below the ports that outgoing connections take. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false))
      server.listen(port, "127.0.0.1", () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

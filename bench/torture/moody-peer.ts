/** An HTTP server of log handlers that is well until it is told otherwise. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface MoodyPeer {
  readonly url: string
  /** From now on: answers 200, answers 500, or takes requests and never answers. */
  become(mood: "well" | "failing" | "hanging"): void
  close(): Promise<void>
}

export async function startMoodyPeer(): Promise<MoodyPeer> {
  let mood: "well" | "failing" | "hanging" = "well"
  const server = createServer((request, response) => {
    request.resume()
    if (mood === "hanging") return
    request.on("end", () => {
      response.statusCode = mood === "well" ? 200 : 500
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    become(next) {
      mood = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

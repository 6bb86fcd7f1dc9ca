/** An honest client of the echo service, of its own address, while others attack. */
import { connect } from "node:net"

export interface Probe {
  /** Answers so far, failures so far, and the slowest answer since the last look. */
  look(): { readonly served: number; readonly failed: number; readonly slowestMs: number }
  stop(): Promise<void>
}

/** One connection every `everyMs`: connect, say something, hear it back. Ten seconds without an answer are a failure. */
export function startProbe(port: number, everyMs = 50): Probe {
  let running = true
  let served = 0
  let failed = 0
  let slowestMs = 0
  const loop = (async () => {
    while (running) {
      const start = performance.now()
      if (await roundTrip(port)) served++
      else failed++
      slowestMs = Math.max(slowestMs, performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  })()
  return {
    look() {
      const seen = { served, failed, slowestMs: Math.round(slowestMs) }
      slowestMs = 0
      return seen
    },
    async stop() {
      running = false
      await loop
    },
  }
}

function roundTrip(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.99" })
    let answer = ""
    const timer = setTimeout(() => socket.destroy(), 10_000)
    socket.on("connect", () => socket.write("are you there"))
    socket.on("data", (data) => {
      answer += data.toString()
      if (answer.length >= 13) socket.end()
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      clearTimeout(timer)
      resolve(answer === "are you there")
    })
  })
}

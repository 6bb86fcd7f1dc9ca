/** Clients of an echo service that remember every reply they got: the evidence against which a hub is held. */
import { randomUUID } from "node:crypto"
import { connect } from "node:net"

export interface EchoLoad {
  /** Markers that were sent and came back whole. */
  readonly answered: ReadonlySet<string>
  /** Round-trip times in milliseconds, in order. */
  readonly latencies: readonly number[]
  /** Ends all clients. */
  stop(): Promise<void>
}

/**
 * `clients` clients, each: connect, send a marker and read it back three times, close, begin again.
 * A connection that fails (the sensor was just killed) is tried again after a moment.
 */
export function startEchoLoad(port: number, clients: number, pauseMs = 0): EchoLoad {
  const answered = new Set<string>()
  const latencies: number[] = []
  let running = true
  const loops = Array.from({ length: clients }, async () => {
    while (running) {
      const ok = await conversation(port, 3, answered, latencies)
      await new Promise((resolve) => setTimeout(resolve, ok ? pauseMs : 30))
    }
  })
  return {
    answered,
    latencies,
    async stop() {
      running = false
      await Promise.all(loops)
    },
  }
}

function conversation(
  port: number,
  rounds: number,
  answered: Set<string>,
  latencies: number[],
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    let marker = ""
    let got = ""
    let left = rounds
    let sentAt = 0
    const send = () => {
      marker = randomUUID()
      got = ""
      sentAt = performance.now()
      socket.write(marker)
    }
    socket.setTimeout(5_000, () => socket.destroy())
    socket.on("connect", send)
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1")
      if (got !== marker) return
      answered.add(marker)
      latencies.push(performance.now() - sentAt)
      if (--left > 0) send()
      else socket.end()
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve(left === 0))
  })
}

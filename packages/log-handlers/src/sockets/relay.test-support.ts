/** A relay between a log handler and its peer that can be cut, and can stop passing bytes on. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { createServer as createTlsServer, TLSSocket } from "node:tls"

export interface Relay {
  readonly port: number
  /** Resets what is open; new connections are reset at once. */
  cut(): void
  mend(): void
  /** From now on nothing is passed on, in either direction. */
  stall(): void
  /** From now on nothing comes back: what the peer answers is lost. */
  deafen(): void
  stop(): Promise<void>
}

/** With `tls` it speaks TLS to those who connect, for a peer that does not. */
export async function startRelay(
  targetPort: number,
  tls?: { readonly cert: Buffer; readonly key: Buffer },
): Promise<Relay> {
  const sockets = new Set<Socket>()
  const state = { cut: false, stalled: false, deaf: false }
  const onConnection = (inner: Socket) => {
    inner.on("error", () => {})
    if (state.cut) return void inner.resetAndDestroy()
    const outer = connect({ host: "127.0.0.1", port: targetPort })
    outer.on("error", () => inner.destroy())
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from)
      from.on("close", () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on("data", (chunk) => {
        if (!state.stalled && !(state.deaf && from === outer)) to.write(chunk)
      })
    }
  }
  const server = tls ? createTlsServer({ ...tls }, onConnection) : createServer(onConnection)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const endAll = () => {
    for (const socket of sockets) {
      if (socket instanceof TLSSocket) socket.destroy()
      else socket.resetAndDestroy()
    }
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state.cut = true
      endAll()
    },
    mend() {
      state.cut = false
      state.deaf = false
    },
    stall() {
      state.stalled = true
    },
    deafen() {
      state.deaf = true
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        endAll()
      }),
  }
}

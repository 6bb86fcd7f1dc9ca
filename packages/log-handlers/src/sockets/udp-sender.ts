/** Datagrams to one peer. UDP has no answer: only a peer that the network says is not there is noticed. */
import { createSocket, type Socket } from "node:dgram"
import { lookup } from "node:dns/promises"
import { isIPv6 } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { PropolisError } from "@propolis/core"

/** How long a port that is not open is given to say so. */
const refusalMs = 20

export class UdpSender {
  readonly #host: string
  readonly #port: number
  #socket: Socket | undefined
  #failure: Error | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  /** @throws PropolisError DELIVERY_FAILED; the signal's reason where it aborts. */
  async send(datagrams: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    try {
      this.#failure = undefined
      this.#socket ??= await this.#connect()
      const socket = this.#socket
      for (const datagram of datagrams) {
        await new Promise<void>((resolve, reject) => {
          socket.send(datagram, (error) => (error ? reject(error) : resolve()))
        })
        if (this.#failure !== undefined) throw this.#failure
        signal.throwIfAborted()
      }
      await delay(refusalMs, undefined, { signal })
      if (this.#failure !== undefined) throw this.#failure
    } catch (cause) {
      this.close()
      signal.throwIfAborted()
      throw new PropolisError(
        "DELIVERY_FAILED",
        `${this.#host} port ${this.#port}: ${(cause as Error).message}`,
        { cause },
      )
    }
  }

  /** Idempotent; a later `send` opens a socket again. */
  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }

  async #connect(): Promise<Socket> {
    const { address } = await lookup(this.#host)
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4")
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject)
      socket.connect(this.#port, address, () => {
        socket.off("error", reject)
        resolve()
      })
    })
    socket.on("error", (error) => {
      this.#failure = error
    })
    return socket
  }
}

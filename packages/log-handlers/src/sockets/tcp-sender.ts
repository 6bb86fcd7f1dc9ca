/** Bytes to a peer that reads from a TCP or TLS connection and answers nothing. */
import { connect as connectTcp, type Socket } from "node:net"
import { type ConnectionOptions, connect as connectTls } from "node:tls"
import { PropolisError } from "@propolis/core"

export interface TcpSenderOptions {
  readonly host: string
  readonly port: number
  /** Speak TLS; the peer's certificate must fit `host`. */
  readonly tls: ConnectionOptions | undefined
  /** For one `send`, connecting included. */
  readonly timeoutMs: number
  /**
   * Close the connection behind each `send` and wait until the peer closes it too: only then has it read
   * everything. Otherwise the connection is kept, and what was sent is known to have left this machine, no more.
   */
  readonly confirm: boolean
}

export class TcpSender {
  readonly #options: TcpSenderOptions
  #socket: Socket | undefined

  constructor(options: TcpSenderOptions) {
    this.#options = options
  }

  /** @throws PropolisError DELIVERY_FAILED; the signal's reason where it aborts. */
  async send(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { host, port, timeoutMs } = this.#options
    let timer: NodeJS.Timeout | undefined
    let onAbort = () => {}
    try {
      const stopped = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(this.#tooLate())), timeoutMs)
        onAbort = () => reject(signal.reason)
        signal.addEventListener("abort", onAbort, { once: true })
      })
      await Promise.race([this.#exchange(bytes), stopped])
    } catch (cause) {
      this.close()
      signal.throwIfAborted()
      const { message, code } = cause as NodeJS.ErrnoException
      const reason = message !== "" ? message : code
      throw new PropolisError("DELIVERY_FAILED", `${host} port ${port}: ${reason}`, { cause })
    } finally {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
    }
  }

  /** Idempotent; a later `send` connects again. */
  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #tooLate(): string {
    const hint = this.#options.confirm ? " (a peer that keeps connections open needs confirm: false)" : ""
    return `did not take everything within ${this.#options.timeoutMs} ms${hint}`
  }

  async #exchange(bytes: Uint8Array): Promise<void> {
    // A peer that closed a kept connection would only reset what is written to it.
    if (this.#socket === undefined || !this.#socket.writable || this.#socket.readableEnded) {
      this.close()
      this.#socket = await this.#connect()
    }
    const socket = this.#socket
    await new Promise<void>((resolve, reject) => {
      const onError = (error: Error) => reject(error)
      const onClose = () => reject(new Error("the peer closed the connection"))
      const done = () => {
        socket.off("error", onError)
        socket.off("close", onClose)
        resolve()
      }
      socket.on("error", onError)
      if (!this.#options.confirm) {
        socket.on("close", onClose)
        socket.write(bytes, (error) => (error ? reject(error) : done()))
        return
      }
      let peerEnded = false
      socket.on("end", () => {
        peerEnded = true
      })
      socket.on("close", (failed) => (failed || !peerEnded ? onClose() : done()))
      socket.end(bytes)
    })
    if (this.#options.confirm) this.#socket = undefined
  }

  #connect(): Promise<Socket> {
    const { host, port, tls } = this.#options
    return new Promise((resolve, reject) => {
      const socket: Socket =
        tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls })
      // Known at once, so that closing ends an attempt to connect as well.
      this.#socket = socket
      socket.once(tls === undefined ? "connect" : "secureConnect", () => {
        socket.off("error", reject)
        // Errors between deliveries show as a connection that cannot be written to.
        socket.on("error", () => {})
        // What the peer says is of no interest, but has to be read for its end to be seen.
        socket.resume()
        resolve(socket)
      })
      socket.once("error", reject)
    })
  }
}

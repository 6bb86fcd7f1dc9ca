/** One authenticated connection to an hpfeeds broker. */
import { connect as connectTcp, type Socket } from "node:net"
import { type ConnectionOptions, connect as connectTls } from "node:tls"
import { textFromBytes } from "@propolis/core"
import { ConnectionEnd } from "../brokers/broker-delivery.ts"
import { authFrame, FrameReader, opcodes, readInfo } from "./hpfeeds-wire.ts"

export interface HpfeedsPeer {
  readonly host: string
  readonly port: number
  readonly tls: ConnectionOptions | undefined
  readonly ident: string
  readonly secret: string
}

export class HpfeedsSession {
  readonly #socket: Socket
  readonly #peer: HpfeedsPeer
  readonly #frames = new FrameReader()
  readonly #connection = new ConnectionEnd()
  #greeted: () => void = () => {}
  #authenticated = false

  constructor(peer: HpfeedsPeer) {
    this.#peer = peer
    const { host, port, tls } = peer
    this.#socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls })
    this.#socket.on("error", (error) => this.#connection.end(error))
    this.#socket.on("close", () => this.#connection.end(new Error("the broker closed the connection")))
    this.#socket.on("data", (chunk) => this.#read(chunk))
  }

  /** Resolves when the broker has said hello and was told who we are: it answers only to those whom it refuses. */
  greet(): Promise<void> {
    return this.#connection.orEnd(
      new Promise<void>((resolve) => {
        this.#greeted = resolve
      }),
    )
  }

  /** Resolves when the bytes left and the connection stayed open for `settleMs`. */
  async send(bytes: Uint8Array, settleMs: number): Promise<void> {
    const sent = new Promise<void>((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
    await this.#connection.orEnd(sent)
    let timer: NodeJS.Timeout | undefined
    const settled = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, settleMs)
    })
    await this.#connection.orEnd(settled).finally(() => clearTimeout(timer))
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Resolves when the broker, having read everything, closed too. */
  async close(): Promise<void> {
    if (this.#socket.destroyed) return
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve())
      this.#socket.end()
    })
  }

  #read(chunk: Uint8Array): void {
    try {
      for (const { opcode, body } of this.#frames.push(chunk)) this.#take(opcode, body)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #take(opcode: number, body: Buffer): void {
    if (opcode === opcodes.error)
      this.#fail(new Error(`the broker says ${textFromBytes(body.subarray(0, 200))}`))
    if (opcode !== opcodes.info || this.#authenticated) return
    const info = readInfo(body)
    if (info === undefined) {
      this.#fail(new Error("the broker's greeting is none of hpfeeds"))
      return
    }
    this.#authenticated = true
    this.#socket.write(authFrame(this.#peer.ident, this.#peer.secret, info.nonce))
    this.#greeted()
  }

  #fail(error: Error): void {
    this.#connection.end(error)
    this.#socket.destroy()
  }
}

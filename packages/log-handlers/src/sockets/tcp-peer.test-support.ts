/** A TCP or TLS server for tests that keeps what it reads, can be taken away and come back, and can stop reading. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { join } from "node:path"
import { createServer as createTlsServer } from "node:tls"

export interface TcpPeer {
  readonly port: number
  /** What each connection brought, in the order of their beginning. */
  readonly received: readonly Buffer[]
  readonly connections: number
  down(): Promise<void>
  up(): Promise<void>
  /** From now on nothing is read. */
  stall(): void
  /** Resets every open connection. */
  reset(): void
}

export interface TcpPeerOptions {
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
  /** Never closes a connection by itself. */
  readonly keepsOpen?: boolean
}

export async function startTcpPeer(options: TcpPeerOptions = {}): Promise<TcpPeer> {
  const received: Buffer[] = []
  const sockets = new Set<Socket>()
  let stalled = false
  let server: Server
  const onConnection = (socket: Socket) => {
    const index = received.push(Buffer.alloc(0)) - 1
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => {})
    if (stalled) return void socket.pause()
    socket.on("data", (chunk) => {
      received[index] = Buffer.concat([received[index]!, chunk])
    })
  }
  let port = 0
  const up = async () => {
    const half = { allowHalfOpen: options.keepsOpen === true }
    server = options.tls
      ? createTlsServer({ ...options.tls, ...half }, onConnection)
      : createServer(half, onConnection)
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
    port = (server.address() as AddressInfo).port
  }
  const down = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await up()
  return {
    port,
    received,
    get connections() {
      return received.length
    },
    down,
    up,
    stall() {
      stalled = true
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
  }
}

/** A certificate of its own for 127.0.0.1, made by openssl. */
export function makeCertificate(dir: string): { cert: Buffer; key: Buffer; certFile: string } {
  const certFile = join(dir, "peer.crt")
  const keyFile = join(dir, "peer.key")
  const subject = ["-subj", "/CN=peer", "-addext", "subjectAltName=IP:127.0.0.1"]
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  const out = ["-days", "2", "-keyout", keyFile, "-out", certFile]
  execFileSync("openssl", ["req", "-x509", ...key, ...out, ...subject], { stdio: "ignore" })
  return { cert: readFileSync(certFile), key: readFileSync(keyFile), certFile }
}

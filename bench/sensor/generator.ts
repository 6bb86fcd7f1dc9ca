/**
 * The load, in a process of its own; one order at a time over the IPC channel. Clients come from
 * 127.0.0.2 to 127.0.0.17, so that no pair of addresses runs out of ports.
 */
import { createSocket } from "node:dgram"
import { connect, type Socket } from "node:net"

export type Order =
  | { readonly kind: "connections"; readonly port: number; readonly count: number; readonly atOnce: number }
  | { readonly kind: "idle"; readonly port: number; readonly count: number }
  | { readonly kind: "release" }
  | {
      readonly kind: "datagrams"
      readonly port: number
      readonly count: number
      readonly sockets: number
      readonly atOnce: number
    }

export interface Done {
  readonly seconds: number
  readonly completed: number
  readonly failed: number
}

const payload = Buffer.alloc(32, "propolis ")
let idle: Socket[] = []
let number = 0

const source = () => `127.0.0.${2 + (number++ % 16)}`

/** Connect, send 32 bytes, read them back, close. */
function shortConnection(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, localAddress: source() })
    let received = 0
    socket.on("connect", () => socket.write(payload))
    socket.on("data", (data) => {
      received += data.length
      if (received >= payload.length) socket.end()
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve(received === payload.length))
  })
}

async function connections(port: number, count: number, atOnce: number): Promise<Done> {
  let begun = 0
  let completed = 0
  const start = performance.now()
  const client = async () => {
    while (begun < count) {
      begun++
      if (await shortConnection(port)) completed++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  return { seconds: (performance.now() - start) / 1_000, completed, failed: count - completed }
}

async function openIdle(port: number, count: number): Promise<Done> {
  const start = performance.now()
  for (let first = 0; first < count; first += 100) {
    const some = Array.from({ length: Math.min(100, count - first) }, () => {
      return new Promise<Socket | undefined>((resolve) => {
        const socket = connect({ host: "127.0.0.1", port, localAddress: source() }, () => resolve(socket))
        socket.on("error", () => resolve(undefined))
      })
    })
    for (const socket of await Promise.all(some)) if (socket !== undefined) idle.push(socket)
  }
  return { seconds: (performance.now() - start) / 1_000, completed: idle.length, failed: count - idle.length }
}

/** Every socket keeps `atOnce` datagrams on their way; what does not come back in 500 ms is lost, and sent anew as another one. */
async function datagrams(port: number, count: number, sockets: number, atOnce: number): Promise<Done> {
  let sent = 0
  let completed = 0
  const start = performance.now()
  let lastReply = start
  await Promise.all(
    Array.from({ length: sockets }, () => {
      return new Promise<void>((resolve) => {
        const socket = createSocket({
          type: "udp4",
          lookup: (address, _options, done) => done(null, address, 4),
        })
        let waiting = 0
        let lastMs = performance.now()
        const fill = () => {
          while (waiting < atOnce && sent < count) {
            sent++
            waiting++
            socket.send(payload, port, "127.0.0.1")
          }
          if (waiting > 0 || sent < count) return
          clearInterval(timer)
          socket.close(() => resolve())
        }
        const timer = setInterval(() => {
          if (performance.now() - lastMs < 500) return
          waiting = 0
          fill()
        }, 250)
        socket.on("message", () => {
          lastMs = performance.now()
          lastReply = lastMs
          completed++
          waiting = Math.max(0, waiting - 1)
          fill()
        })
        socket.bind(0, source(), fill)
      })
    }),
  )
  return { seconds: (lastReply - start) / 1_000, completed, failed: sent - completed }
}

async function obey(order: Order): Promise<Done> {
  if (order.kind === "connections") return connections(order.port, order.count, order.atOnce)
  if (order.kind === "idle") return openIdle(order.port, order.count)
  if (order.kind === "datagrams") return datagrams(order.port, order.count, order.sockets, order.atOnce)
  const closed = idle.map((socket) => new Promise((resolve) => socket.once("close", resolve)))
  for (const socket of idle) socket.destroy()
  await Promise.all(closed)
  idle = []
  return { seconds: 0, completed: closed.length, failed: 0 }
}

process.on("message", (order: Order) => {
  obey(order).then((done) => process.send!(done))
})
process.on("disconnect", () => process.exit(0))

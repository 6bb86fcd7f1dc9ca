/** What hostile peers do to every port. Each resolves when it is over and its sockets are gone; none throws. */
import { createSocket } from "node:dgram"
import { connect, type Socket } from "node:net"
import type { ListeningPort } from "../yardstick/usage.ts"

/** How much of everything: 1 in earnest, less to warm up. */
export interface Scale {
  readonly floodBytes: number
  readonly connections: number
  readonly slowClients: number
  readonly slowSeconds: number
  readonly randomRounds: number
  readonly noiseSeconds: number
}

export const inEarnest: Scale = {
  floodBytes: 64 * 1024 ** 2,
  connections: 5_000,
  slowClients: 2_000,
  slowSeconds: 8,
  randomRounds: 30,
  noiseSeconds: 5,
}
export const warmUp: Scale = {
  floodBytes: 8 * 1024 ** 2,
  connections: 1_000,
  slowClients: 500,
  slowSeconds: 2,
  randomRounds: 5,
  noiseSeconds: 1,
}

function open(port: number, localAddress: string): Socket {
  const socket = connect({ host: "127.0.0.1", port, localAddress })
  socket.on("error", () => {})
  return socket
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once("close", () => resolve())
  })
}

/** 64 MB without a newline, as fast as it is taken, and never reading an answer. Resolves to the bytes that were taken. */
export async function flood(service: ListeningPort, bytes: number): Promise<number> {
  const socket = open(service.port, "127.0.0.21")
  socket.pause()
  const block = Buffer.alloc(64 * 1024, "A")
  let idle: NodeJS.Timeout | undefined
  const push = () => {
    clearTimeout(idle)
    // A sensor that stops reading from who does not read has won; the peer goes away.
    idle = setTimeout(() => socket.destroy(), 1_500)
    while (socket.bytesWritten < bytes && !socket.destroyed) if (!socket.write(block)) return
    socket.end()
    socket.resume()
  }
  socket.on("connect", push).on("drain", push)
  await closed(socket)
  clearTimeout(idle)
  return socket.bytesWritten
}

/** Many connections of one source, all at once; resolves to how many are still open after a moment. */
export async function crowd(service: ListeningPort, count: number): Promise<number> {
  const sockets: Socket[] = []
  for (let first = 0; first < count; first += 250) {
    const some = Array.from({ length: Math.min(250, count - first) }, () => open(service.port, "127.0.0.22"))
    sockets.push(...some)
    await Promise.all(
      some.map((socket) => new Promise((resolve) => socket.once("connect", resolve).once("close", resolve))),
    )
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  const left = sockets.filter((socket) => !socket.closed && socket.readyState === "open").length
  for (const socket of sockets) socket.destroy()
  await Promise.all(sockets.map(closed))
  return left
}

/** Clients from 100 addresses that say one byte a second; resolves to how many were open at the end. */
export async function dawdle(
  services: readonly ListeningPort[],
  count: number,
  seconds: number,
): Promise<number> {
  const sockets = Array.from({ length: count }, (_, i) => {
    return open(services[i % services.length]!.port, `127.0.3.${1 + (i % 100)}`)
  })
  for (let second = 0; second < seconds; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    for (const socket of sockets) if (socket.readyState === "open") socket.write("a")
  }
  const left = sockets.filter((socket) => socket.readyState === "open").length
  for (const socket of sockets) socket.destroy()
  await Promise.all(sockets.map(closed))
  return left
}

/** Random bytes, in pieces, on a TCP or UDP port; `random` gives them. */
export async function noise(
  service: ListeningPort,
  rounds: number,
  random: (count: number) => Buffer,
): Promise<void> {
  await (service.transport === "tcp" ? noiseOverTcp : noiseOverUdp)(service.port, rounds, random)
}

async function noiseOverTcp(port: number, rounds: number, random: (count: number) => Buffer): Promise<void> {
  const sockets = Array.from({ length: rounds }, (_, round) => {
    const socket = open(port, `127.0.4.${1 + round}`)
    socket.resume()
    for (let piece = 0; piece < 5; piece++)
      socket.write(random(1 + random(2).readUInt16LE() / (1 + piece * 20)))
    if (round % 3 === 0) socket.end()
    else setTimeout(() => (round % 3 === 1 ? socket.resetAndDestroy() : socket.destroy()), 200)
    return socket
  })
  // Who half-closed waits for the sensor's answer and end; a few seconds are enough.
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, 3_000)
  await Promise.all(sockets.map(closed))
  clearTimeout(timer)
}

async function noiseOverUdp(port: number, rounds: number, random: (count: number) => Buffer): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const socket = createSocket("udp4")
    socket.on("error", () => {})
    await new Promise<void>((resolve) => socket.bind(0, `127.0.5.${1 + round}`, resolve))
    for (let i = 0; i < 10; i++) {
      const datagram = random(random(2).readUInt16LE() % 1_400)
      await new Promise((resolve) => socket.send(datagram, port, "127.0.0.1", resolve))
    }
    await new Promise<void>((resolve) => socket.close(resolve))
  }
}

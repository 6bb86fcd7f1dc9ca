/** Relays between a client and the sensor that keep every byte: the truth that recorded events are compared with. */
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** What went through one connection or conversation. `port` is the one that the sensor saw as the peer's. */
export interface Tapped {
  readonly port: number
  readonly toSensor: Buffer[]
  readonly toClient: Buffer[]
}

export interface Tap {
  readonly port: number
  readonly tapped: Tapped[]
  /** Resolves when every connection has ended. */
  idle(): Promise<void>
  close(): Promise<void>
}

export async function tapTcp(target: number): Promise<Tap> {
  const tapped: Tapped[] = []
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const sensor = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true })
    for (const socket of [client, sensor]) {
      open.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => open.delete(socket))
    }
    client.pause()
    sensor.once("connect", () => {
      const kept: Tapped = { port: (sensor.address() as AddressInfo).port, toSensor: [], toClient: [] }
      tapped.push(kept)
      client.on("data", (bytes) => {
        kept.toSensor.push(bytes)
        sensor.write(bytes)
      })
      sensor.on("data", (bytes) => {
        kept.toClient.push(bytes)
        if (!client.destroyed) client.write(bytes)
      })
      client.resume()
    })
    client.on("end", () => sensor.end())
    client.on("close", () => sensor.end())
    sensor.on("end", () => client.end())
    sensor.on("close", () => client.end())
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as AddressInfo).port,
    tapped,
    async idle() {
      while (open.size > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function tapUdp(target: number): Promise<Tap> {
  const server = createSocket("udp4")
  const sensor = createSocket("udp4")
  let client: { readonly port: number; readonly address: string } | undefined
  server.bind(0, "127.0.0.1")
  sensor.bind(0, "127.0.0.1")
  await Promise.all([once(server, "listening"), once(sensor, "listening")])
  const kept: Tapped = { port: sensor.address().port, toSensor: [], toClient: [] }
  server.on("message", (bytes, from) => {
    client = from
    kept.toSensor.push(bytes)
    sensor.send(bytes, target, "127.0.0.1")
  })
  sensor.on("message", (bytes) => {
    kept.toClient.push(bytes)
    if (client !== undefined) server.send(bytes, client.port, client.address)
  })
  return {
    port: server.address().port,
    tapped: [kept],
    idle: async () => {},
    async close() {
      await Promise.all([
        new Promise<void>((resolve) => server.close(resolve)),
        new Promise<void>((resolve) => sensor.close(resolve)),
      ])
    },
  }
}

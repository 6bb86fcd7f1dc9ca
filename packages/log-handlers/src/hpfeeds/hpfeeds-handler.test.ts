import { createHash } from "node:crypto"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { decodeEvent, type LogHandler, type OpenLogHandler } from "@propolis/core"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { afterEach, describe, expect, it } from "vitest"
import { hpfeedsLogHandler } from "./hpfeeds-handler.ts"
import { encodeFrame, FrameReader, lengthPrefixed, maxFrameBytes, readInfo } from "./hpfeeds-wire.ts"

const never = new AbortController().signal
const secret = "secret-that-nobody-may-see"
const nonce = Buffer.from("01020304", "hex")

interface Broker {
  readonly port: number
  readonly published: { readonly ident: string; readonly channel: string; readonly payload: string }[]
  connections: number
  /** Sent instead of the greeting. */
  greeting: Buffer
  refuses: boolean
  stalled: boolean
  stop(): Promise<void>
  start(): Promise<void>
}

/** A broker read off the protocol's description, byte by byte, apart from the handler's own codec. */
async function startBroker(): Promise<Broker> {
  const sockets = new Set<Socket>()
  let server: Server
  const name = Buffer.from("broker")
  const greeting = Buffer.concat([
    Buffer.from([0, 0, 0, 5 + 1 + name.length + nonce.length, 1, name.length]),
    name,
    nonce,
  ])
  const broker: Broker = {
    port: 0,
    published: [],
    connections: 0,
    greeting,
    refuses: false,
    stalled: false,
    async start() {
      server = createServer(serve)
      await new Promise<void>((resolve) => server.listen(broker.port, "127.0.0.1", resolve))
      Object.assign(broker, { port: (server.address() as AddressInfo).port })
    },
    async stop() {
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  const serve = (socket: Socket) => {
    broker.connections++
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => {})
    if (broker.stalled) return
    socket.write(broker.greeting)
    let rest = Buffer.alloc(0)
    let ident: string | undefined
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 5 && rest.length >= rest.readUInt32BE()) {
        const length = rest.readUInt32BE()
        const [opcode, body] = [rest[4], rest.subarray(5, length)]
        rest = rest.subarray(length)
        const first = body.toString("utf8", 1, 1 + body[0]!)
        const more = body.subarray(1 + body[0]!)
        if (opcode === 2) {
          const right = createHash("sha1").update(nonce).update(secret).digest()
          if (broker.refuses || !more.equals(right)) {
            const text = Buffer.from("accessfail\u001b[0m")
            socket.end(Buffer.concat([Buffer.from([0, 0, 0, 5 + text.length, 0]), text]))
            return
          }
          ident = first
        } else if (opcode === 3 && first === ident) {
          const channel = more.toString("utf8", 1, 1 + more[0]!)
          broker.published.push({ ident, channel, payload: more.toString("utf8", 1 + more[0]!) })
        } else socket.destroy()
      }
    })
  }
  await broker.start()
  return broker
}

/** HoneyPy's JSON has no id: the events of the tests are told apart by their session. */
const idOfSession = new Map(oddEvents(0, 100).map((event) => [event.session, event.id]))
const options = { host: "127.0.0.1", ident: "id-1", secret, channel: "honeypy.events" }

describeLogHandler("hpfeeds", async () => {
  const broker = await startBroker()
  return {
    handler: hpfeedsLogHandler as LogHandler,
    options: { ...options, port: broker.port },
    delivered: async () =>
      broker.published.map(
        ({ payload }) => idOfSession.get((JSON.parse(payload) as { session: string }).session)!,
      ),
    async breakPeer() {
      await broker.stop()
      return () => broker.start()
    },
    stallPeer() {
      broker.stalled = true
    },
    stop: () => broker.stop(),
  }
})

describe("hpfeeds", () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })
  async function start(more: object = {}): Promise<{ broker: Broker; handler: OpenLogHandler }> {
    const broker = await startBroker()
    const parsed = hpfeedsLogHandler.options.parse({ ...options, port: broker.port, ...more })
    const ports = { now: Date.now, log: () => {}, sensor: "sensor-1", dataDir: "." }
    const handler = await hpfeedsLogHandler.open(parsed, ports)
    closing.push(
      () => handler.close(),
      () => broker.stop(),
    )
    return { broker, handler }
  }

  it("publishes HoneyPy's JSON to the channel, over one connection", async () => {
    const { broker, handler } = await start()
    const events = oddEvents(0, 12)
    await handler.deliver(batchOf(1, events.slice(0, 6)), never)
    await handler.deliver(batchOf(2, events.slice(6)), never)
    expect(broker.connections).toBe(1)
    for (const [i, { ident, channel, payload }] of broker.published.entries()) {
      const event = events[i]!
      const isInfo = event.event === "INFO"
      expect([ident, channel]).toEqual(["id-1", "honeypy.events"])
      expect(JSON.parse(payload)).toEqual({
        date_time: new Date(event.time).toISOString(),
        protocol: event.protocol,
        service: event.service,
        dst_host: event.localHost,
        dst_port: "10023",
        src_host: event.remoteHost,
        src_port: String(event.remotePort),
        session: event.session,
        event: event.event,
        data: Buffer.from(isInfo ? JSON.stringify(event.attributes) : event.data).toString("hex"),
        serverid: "sensor-1",
      })
    }
    expect(broker.published.length).toBe(12)
  })

  it("publishes the wire format where asked to", async () => {
    const { broker, handler } = await start({ format: "event" })
    await handler.deliver(batchOf(1, oddEvents(1, 1)), never)
    expect(decodeEvent(broker.published[0]!.payload).id).toBe(oddEvents(1, 1)[0]!.id)
  })

  it.each<[string, (broker: Broker) => void, RegExp]>([
    ["refused", (broker) => Object.assign(broker, { refuses: true }), /accessfail\\x1b\[0m/],
    [
      "greeted by something else",
      (broker) => Object.assign(broker, { greeting: Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n") }),
      /a frame of \d+ bytes/,
    ],
    [
      "greeted with a name that is cut",
      (broker) => Object.assign(broker, { greeting: Buffer.from([0, 0, 0, 7, 1, 9, 65]) }),
      /greeting/,
    ],
  ])("tries again when it is %s", async (_, spoil, message) => {
    const { broker, handler } = await start()
    const { greeting } = broker
    spoil(broker)
    const batch = batchOf(1, oddEvents(0, 3))
    const error = await handler.deliver(batch, never).catch((cause: Error) => cause)
    expect(error).toMatchObject({ code: "DELIVERY_FAILED", retry: true })
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).not.toContain(secret)
    Object.assign(broker, { refuses: false, greeting })
    await handler.deliver(batch, never)
    expect(broker.published.length).toBe(3)
  })
})

describe("frames of hpfeeds", () => {
  it("are read whatever the chunks are", () => {
    const bytes = Buffer.concat([
      encodeFrame(1, lengthPrefixed("b"), nonce),
      encodeFrame(0, Buffer.from("x")),
    ])
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new FrameReader()
      const frames = []
      for (let at = 0; at < bytes.length; at += size)
        frames.push(...reader.push(bytes.subarray(at, at + size)))
      expect(frames.map(({ opcode, body }) => [opcode, body.toString("hex")])).toEqual([
        [1, "016201020304"],
        [0, "78"],
      ])
    }
    expect(readInfo(Buffer.from("016201020304", "hex"))).toEqual({ broker: "b", nonce })
  })
  it("have bounds", () => {
    expect(() => encodeFrame(3, Buffer.alloc(maxFrameBytes))).toThrow(RangeError)
    expect(() => lengthPrefixed("x".repeat(256))).toThrow(RangeError)
    expect(() => new FrameReader().push(Buffer.from([0, 0, 0, 4, 1]))).toThrow(RangeError)
    expect(() => new FrameReader().push(Buffer.from([0xff, 0, 0, 0, 1]))).toThrow(RangeError)
  })
})

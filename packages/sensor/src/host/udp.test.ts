import type { Emulator } from "@propolis/core"
import fc from "fast-check"
import { afterEach, describe, expect, it } from "vitest"
import {
  attributesOf,
  bySession,
  echo,
  emulatorOf,
  kinds,
  sleep,
  startTestHost,
  type TestHost,
  tcpClient,
  type UdpClient,
  udpClient,
  until,
} from "./host-fixture.ts"
import { maxRepliesTo } from "./udp-listener.ts"

let test: TestHost
let clients: UdpClient[] = []
afterEach(async () => {
  for (const client of clients) client.close()
  clients = []
  await test.close()
})
async function client(address?: string, localPort?: number): Promise<UdpClient> {
  const one = await udpClient(address, localPort)
  clients.push(one)
  return one
}

/** Answers every datagram with as many bytes as the datagram names. */
const answersWith = emulatorOf((connection) => ({
  datagram: (bytes) => connection.send(Buffer.alloc(Number(Buffer.from(bytes).toString()), "a")),
}))

describe("a conversation", () => {
  it("has one session for one peer and port, and ends when it was silent", async () => {
    test = await startTestHost({ limits: { udpIdleMs: 150 } })
    let ends = 0
    const counting = emulatorOf((connection) => {
      let count = 0
      return { datagram: () => connection.send(String(++count)), end: () => void ends++ }
    })
    const { port } = await test.listen(counting, { transport: "udp", name: "Echo.udp" })
    const first = await client()
    const second = await client()
    await first.send("aa", port)
    await until(() => first.received.length === 1)
    await first.send("bb", port)
    await second.send("cc", port)
    await until(() => first.received.length === 2 && second.received.length === 1)
    expect([...first.received, ...second.received].join()).toBe("1,2,1")
    await until(() => test.host.stats().openConversations === 0)
    expect(ends).toBe(2)
    await first.send("dd", port)
    await until(() => first.received.length === 3)
    expect(first.received[2]!.toString()).toBe("1")
    const events = await test.eventsWhen((all) => all.length === 8)
    expect(bySession(events).map(kinds)).toEqual(["RX TX RX TX", "RX TX", "RX TX"])
    expect(events[0]).toMatchObject({
      protocol: "UDP",
      service: "Echo.udp",
      remoteHost: "127.0.0.1",
      remotePort: first.socket.address().port,
      localHost: "127.0.0.1",
      localPort: port,
    })
  })

  it("carries empty datagrams, and the largest", async () => {
    test = await startTestHost()
    const { port } = await test.listen(echo, { transport: "udp" })
    const one = await client()
    await one.send("", port)
    await one.send(Buffer.alloc(65_507, "x"), port)
    await until(() => one.received.length === 2)
    expect(one.received.map((data) => data.length).sort()).toEqual([0, 65_507])
    const events = await test.eventsWhen((all) => all.length === 4)
    expect(events.map((event) => event.bytes)).toEqual([0, 0, 65_507, 65_507])
  })

  it("survives an emulator that throws", async () => {
    test = await startTestHost()
    const { port } = await test.listen(
      emulatorOf(() => ({
        datagram() {
          throw new Error("boom")
        },
      })),
      { transport: "udp" },
    )
    const one = await client()
    await one.send("x", port)
    await one.send("y", port)
    const events = await test.eventsWhen((all) => all.length === 4)
    expect(bySession(events).map(kinds)).toEqual(["RX INFO", "RX INFO"])
    expect(attributesOf(events, "fault")).toEqual(["Error: boom", "Error: boom"])
  })

  it("makes room: the oldest go first, also for a TCP connection, and no table grows beyond its limit", async () => {
    test = await startTestHost({ limits: { maxConnections: 5, maxConnectionsPerSource: 3 } })
    const { port } = await test.listen(echo, { transport: "udp" })
    for (let i = 0; i < 12; i++) {
      const one = await client(`127.0.0.${20 + (i % 3)}`)
      await one.send("x", port)
      await until(() => one.received.length === 1)
    }
    expect(test.host.stats().openConversations).toBe(5)
    const tcp = tcpClient((await test.listen(echo, { name: "Tcp" })).port)
    tcp.send("x")
    await tcp.bytes(1)
    expect(test.host.stats().openConversations).toBe(4)
    tcp.socket.destroy()
    const same = await Promise.all(Array.from({ length: 8 }, () => client("127.0.0.30")))
    for (const one of same) {
      await one.send("x", port)
      await until(() => one.received.length === 1)
    }
    expect(bySession(await test.eventsWhen((all) => all.length >= 12 * 2 + 4 + 16))).toHaveLength(21)
  })

  it("ends with its port", async () => {
    test = await startTestHost()
    const service = await test.listen(echo, { transport: "udp" })
    const one = await client()
    await one.send("x", service.port)
    await until(() => one.received.length === 1)
    await service.stop()
    expect(test.host.stats().openConversations).toBe(0)
    const again = await test.listen(echo, { transport: "udp", port: service.port })
    expect(again.port).toBe(service.port)
    await expect(test.listen(echo, { transport: "udp", port: service.port })).rejects.toMatchObject({
      code: "LISTEN_FAILED",
    })
  })
})

describe("limits", () => {
  it("drops and counts datagrams beyond maxEventsPerSecond", async () => {
    test = await startTestHost({ limits: { maxEventsPerSecond: 10 } })
    const { port } = await test.listen(
      emulatorOf(() => ({})),
      { transport: "udp" },
    )
    const one = await client()
    for (let i = 0; i < 60; i++) await one.send("x", port)
    const dropped = () => test.host.stats().counters['droppedDatagrams{reason="maxEventsPerSecond"}'] ?? 0
    await until(() => dropped() + test.host.stats().counters.bytesReceived! === 60)
    expect(dropped()).toBeGreaterThan(0)
  })

  it.each(["maxInputBytes", "maxOutputBytes"] as const)("%s ends a conversation, recorded", async (limit) => {
    test = await startTestHost({ limits: { [limit]: 10 } })
    const { port } = await test.listen(echo, { transport: "udp" })
    const one = await client()
    for (let i = 1; i <= 3; i++) {
      await one.send("12345", port)
      if (i < 3) await until(() => one.received.length === i)
    }
    const events = await test.eventsWhen((all) => attributesOf(all, "limit").length === 1)
    expect(attributesOf(events, "limit")).toEqual([limit])
    expect(one.received).toHaveLength(2)
  })

  it("refuses new sessions of a source that begins too many", async () => {
    test = await startTestHost({ limits: { maxSessionsPerSecondPerSource: 1 } })
    const { port } = await test.listen(echo, { transport: "udp" })
    for (let i = 0; i < 30; i++) await (await client()).send("x", port)
    const { stats } = test.host
    const refused = () => stats().counters['droppedDatagrams{reason="maxSessionsPerSecondPerSource"}'] ?? 0
    await until(() => refused() + stats().counters.sessions! === 30)
    expect(refused()).toBeGreaterThan(5)
  })
})

describe("honesty", () => {
  it("gives an unproven source what it sent and its credit, then is silent and only records", async () => {
    test = await startTestHost({ limits: { udpCreditBytesPerHour: 100 } })
    const { port } = await test.listen(answersWith, { transport: "udp" })
    const one = await client()
    await one.send("103", port) // 3 bytes sent, 100 of credit
    await until(() => one.received.length === 1)
    await one.send("4", port)
    await one.send("1", port)
    await until(() => one.received.length === 2)
    expect(one.received.map((data) => data.length)).toEqual([103, 1])
    const events = await test.eventsWhen((all) => all.length === 5)
    expect(kinds(events)).toBe("RX TX RX RX TX")
    expect(test.host.stats().counters.udpWithheld).toBe(1)
  })

  it("counts a /24 as one", async () => {
    test = await startTestHost({ limits: { udpCreditBytesPerHour: 100 } })
    const { port } = await test.listen(answersWith, { transport: "udp" })
    const first = await client("127.0.0.40")
    const neighbour = await client("127.0.0.41")
    const stranger = await client("127.0.1.40")
    await first.send("103", port)
    await until(() => first.received.length === 1)
    await neighbour.send("50", port)
    await stranger.send("103", port)
    await until(() => stranger.received.length === 1)
    expect(neighbour.received).toHaveLength(0)
  })

  it("is generous to a source that completed a TCP hand-shake", async () => {
    test = await startTestHost({ limits: { udpCreditBytesPerHour: 0 } })
    const { port } = await test.listen(answersWith, { transport: "udp" })
    const tcp = await test.listen(echo, { name: "Tcp" })
    const one = await client("127.0.0.50")
    await one.send("9000", port)
    await until(() => test.host.stats().counters.udpWithheld === 1)
    const proof = tcpClient(tcp.port, { localAddress: "127.0.0.50" })
    proof.send("x")
    await proof.bytes(1)
    proof.socket.destroy()
    await one.send("9000", port)
    await until(() => one.received.length === 1)
    expect(one.received[0]).toHaveLength(9_000)
  })

  it("charges headers of more datagrams than were received", async () => {
    test = await startTestHost({ limits: { udpCreditBytesPerHour: 280 } })
    const many = emulatorOf((connection) => ({
      datagram() {
        for (let i = 0; i < 100; i++) connection.send("")
      },
    }))
    const { port } = await test.listen(many, { transport: "udp" })
    const one = await client()
    await one.send("x", port)
    await until(() => one.received.length === 11)
    expect(test.host.stats().counters.udpWithheld).toBe(89)
  })

  it("stops a loop of two services that answer each other", async () => {
    test = await startTestHost()
    const a = await test.listen(echo, { transport: "udp", name: "A" })
    const peer = await client()
    // A peer that answers everything, like another sensor.
    peer.socket.on("message", (data) => peer.send(data, a.port))
    await peer.send("x", a.port)
    await until(() => test.host.stats().counters.udpWithheld === 1)
    await sleep(50)
    expect(peer.received).toHaveLength(64)
    expect(test.host.stats().counters.udpWithheld).toBe(1)
  })

  it("answers another sensor's port a few times, its own never", async () => {
    test = await startTestHost()
    const own = await test.listen(echo, { transport: "udp", name: "Own", host: "127.0.0.1" })
    // The same port on another address of this machine, as another sensor would have it.
    const peer = await client("127.0.0.60", own.port)
    for (let i = 0; i < 12; i++) await peer.send("x", own.port)
    await until(() => test.host.stats().counters.udpWithheld === 4)
    expect(peer.received).toHaveLength(8)
  })

  it.each([
    ["203.0.113.7", 40_000, 64],
    ["203.0.113.7", 0, 0],
    ["203.0.113.7", 7, 0],
    ["203.0.113.7", 19, 0],
    ["203.0.113.7", 53, 8],
    ["203.0.113.7", 123, 8],
    ["203.0.113.7", 10_007, 8],
    ["192.0.2.1", 10_007, 0],
    ["192.0.2.1", 40_000, 64],
    ["192.0.2.255", 40_000, 0],
    ["255.255.255.255", 40_000, 0],
    ["224.0.0.1", 40_000, 0],
    ["0.0.0.0", 40_000, 0],
    ["::", 40_000, 0],
    ["ff02::1", 40_000, 0],
    ["2001:db8::7", 40_000, 64],
  ])("answers %s port %i at most %i times", (address, port, most) => {
    const own = new Set(["192.0.2.1", "broadcast 192.0.2.255"])
    expect(maxRepliesTo({ udpPorts: new Map([[10_007, 1]]) }, address, port, own, 64)).toBe(most)
  })

  it("holds for every emulator and any sequence of datagrams", async () => {
    test = await startTestHost({ limits: { udpCreditBytesPerHour: 500 } })
    const behaviours: ((size: number) => Emulator)[] = [
      (size) =>
        emulatorOf((connection) => ({
          datagram(bytes) {
            for (let i = 0; i < 5; i++) connection.send(Buffer.alloc(bytes.length * size, 1))
          },
        })),
      (size) =>
        emulatorOf((connection) => {
          connection.send(Buffer.alloc(size * 20))
          connection.after(1, () => connection.send(Buffer.alloc(size)))
          return { end: () => connection.send(Buffer.alloc(size)) }
        }),
      (size) =>
        emulatorOf((connection) => ({
          datagram() {
            connection.send(Buffer.alloc(size * 30))
            connection.end()
          },
        })),
    ]
    let network = 0
    const run = fc.asyncProperty(
      fc.nat(behaviours.length - 1),
      fc.integer({ min: 0, max: 9 }),
      fc.array(fc.record({ who: fc.nat(2), bytes: fc.nat(60) }), { minLength: 1, maxLength: 12 }),
      async (which, size, datagrams) => {
        // A /24 of its own for every run: the budget is one of the host's whole life.
        network++
        const { port, stop } = await test.listen(behaviours[which]!(size), { transport: "udp" })
        const three = await Promise.all([1, 2, 3].map((i) => udpClient(`127.1.${network}.${i}`)))
        let sent = 0
        for (const { who, bytes } of datagrams) {
          sent += bytes
          await three[who]!.send(Buffer.alloc(bytes), port)
        }
        await sleep(15)
        await stop()
        const received = three.flatMap((one) => one.received).reduce((total, data) => total + data.length, 0)
        for (const one of three) one.close()
        expect(received).toBeLessThanOrEqual(sent + 500)
      },
    )
    await fc.assert(run, { numRuns: 40 })
    expect(test.host.stats().counters.udpWithheld).toBeGreaterThan(0)
  })
})

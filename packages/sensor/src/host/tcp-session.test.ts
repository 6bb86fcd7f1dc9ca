import { createHash } from "node:crypto"
import { type Connection, maxEventDataBytes } from "@propolis/core"
import { afterEach, describe, expect, it } from "vitest"
import {
  attributesOf,
  bySession,
  echo,
  emulatorOf,
  generousLimits,
  isDisconnect,
  kinds,
  sleep,
  startTestHost,
  type TestHost,
  type TestHostOptions,
  tcpClient,
  until,
} from "./host-fixture.ts"

let running: TestHost[] = []
async function start(options: TestHostOptions = {}): Promise<TestHost> {
  const test = await startTestHost(options)
  running.push(test)
  return test
}
afterEach(async () => {
  await Promise.all(running.map((test) => test.close()))
  running = []
})

const ended =
  (count = 1) =>
  (events: readonly { event: string }[]) =>
    events.filter((event) => event.event === "DISCONNECT").length >= count

describe("a session", () => {
  it("is recorded from CONNECT to DISCONNECT with exact bytes", async () => {
    const test = await start()
    const { port } = await test.listen(echo)
    const client = tcpClient(port, { localAddress: "127.0.0.9" })
    const bytes = Buffer.from([0, 255, 13, 10, 0xc3, 0x28])
    client.send(bytes)
    expect(await client.bytes(bytes.length)).toEqual(bytes)
    const localPort = client.socket.localPort
    client.socket.end()
    await client.closed
    const events = await test.eventsWhen(ended())
    expect(kinds(events)).toBe("CONNECT RX TX DISCONNECT")
    for (const event of events) {
      expect(event).toMatchObject({
        sensor: "test-sensor",
        session: events[0]!.session,
        protocol: "TCP",
        service: "Test",
        emulator: "test",
        localHost: "127.0.0.1",
        localPort: port,
        remoteHost: "127.0.0.9",
        remotePort: localPort,
      })
    }
    expect(Buffer.from(events[1]!.data)).toEqual(bytes)
    expect(events[1]!.sha256).toBe(createHash("sha256").update(bytes).digest("hex"))
    bySession(events)
    expect(new Set(events.map((event) => event.id)).size).toBe(4)
  })

  it("is greeted, is told who it is, and ends after what was sent", async () => {
    const test = await start()
    let seen: Pick<Connection, "peer" | "local" | "service" | "secure" | "transport"> | undefined
    const { port } = await test.listen(
      emulatorOf((connection) => {
        const { peer, local, service, secure, transport } = connection
        seen = { peer, local, service, secure, transport }
        connection.send("220 ready\r\n")
        return {
          data() {
            connection.send("221 bye\r\n")
            connection.end()
            connection.send("not sent")
            connection.record({ command: "not recorded" })
          },
        }
      }),
    )
    const client = tcpClient(port)
    await client.bytes(11)
    client.send("QUIT\r\n")
    await client.closed
    expect(client.received().toString()).toBe("220 ready\r\n221 bye\r\n")
    expect(seen).toEqual({
      peer: { host: "127.0.0.1", port: expect.any(Number) },
      local: { host: "127.0.0.1", port },
      service: "Test",
      secure: false,
      transport: "tcp",
    })
    expect(kinds(await test.eventsWhen(ended()))).toBe("CONNECT TX RX TX DISCONNECT")
  })

  it("that half-closes still gets its answer, also a late one", async () => {
    const test = await start()
    let ends = 0
    const { port } = await test.listen(
      emulatorOf((connection) => ({
        data() {
          connection.after(30, () => connection.send("late"))
        },
        end() {
          ends++
          connection.send(" end")
        },
      })),
    )
    const client = tcpClient(port, { allowHalfOpen: true })
    client.socket.end("question")
    client.socket.on("end", () => client.socket.end())
    await client.closed
    expect(client.received().toString()).toBe("late end")
    expect(kinds(await test.eventsWhen(ended()))).toBe("CONNECT RX TX TX DISCONNECT")
    expect(ends).toBe(1)
  })

  it.each([
    ["a timer that is far away", 30_000, 0],
    ["timers without end", 10, 1_000_000],
  ])("ends with its peer's FIN in spite of %s", async (_name, firstMs, again) => {
    const test = await start()
    const { port } = await test.listen(
      emulatorOf((connection) => {
        let left = again
        const tick = () => {
          if (left-- > 0) connection.after(firstMs, tick)
        }
        connection.after(firstMs, tick)
        return {}
      }),
    )
    const client = tcpClient(port)
    client.socket.end("x")
    await client.closed
    expect(kinds(await test.eventsWhen(ended()))).toBe("CONNECT RX DISCONNECT")
  })

  it("that was reset ends with one DISCONNECT, and its emulator is told once", async () => {
    const test = await start()
    let ends = 0
    const { port } = await test.listen(emulatorOf(() => ({ end: () => void ends++ })))
    const client = tcpClient(port)
    client.send("x")
    await test.eventsWhen((events) => events.length === 2)
    client.socket.resetAndDestroy()
    expect(kinds(await test.eventsWhen(ended()))).toBe("CONNECT RX DISCONNECT")
    expect(ends).toBe(1)
  })

  it("writes IPv4-mapped addresses as IPv4 on a dual-stack port", async () => {
    const test = await start()
    const { port } = await test.listen(echo, { host: "::" })
    const client = tcpClient(port)
    client.socket.end()
    const events = await test.eventsWhen(ended())
    expect(events[0]).toMatchObject({ remoteHost: "127.0.0.1", localHost: "127.0.0.1" })
  })

  it("splits nothing and loses nothing of a large payload", async () => {
    const test = await start({ limits: { maxInputBytes: 1e9 } })
    const { port } = await test.listen(emulatorOf(() => ({})))
    const client = tcpClient(port)
    const bytes = Buffer.alloc(3_000_000, "propolis-")
    client.socket.end(bytes)
    const received = (await test.eventsWhen(ended())).filter((event) => event.event === "RX")
    expect(
      received.every((event) => event.bytes === event.data.length && event.bytes <= maxEventDataBytes),
    ).toBe(true)
    expect(Buffer.concat(received.map((event) => event.data)).equals(bytes)).toBe(true)
  })

  it("records a large reply cut, with its true size and digest", async () => {
    const test = await start()
    const reply = Buffer.alloc(100_000, "r")
    const { port } = await test.listen(
      emulatorOf((connection) => {
        connection.send(reply)
        connection.end()
        return {}
      }),
    )
    const client = tcpClient(port)
    await client.closed
    expect(client.received().equals(reply)).toBe(true)
    const [sent] = (await test.eventsWhen(ended())).filter((event) => event.event === "TX")
    expect(sent).toMatchObject({
      bytes: 100_000,
      sha256: createHash("sha256").update(reply).digest("hex"),
      attributes: { truncated: "true" },
    })
    expect(sent!.data.length).toBe(maxEventDataBytes)
  })
})

describe("the error boundary", () => {
  const bombs = {
    open: emulatorOf(() => {
      throw new TypeError("in open")
    }),
    data: emulatorOf(() => ({
      data() {
        throw new TypeError("in data")
      },
    })),
    end: emulatorOf(() => ({
      end() {
        throw new TypeError("in end")
      },
    })),
    timer: emulatorOf((connection) => {
      connection.after(1, () => {
        throw new TypeError("in timer")
      })
      return {}
    }),
    "too many timers": emulatorOf((connection) => {
      for (let i = 0; i < 1_000; i++) connection.after(10_000, () => {})
      return {}
    }),
  }

  it.each(Object.entries(bombs))(
    "ends a session whose emulator throws (%s); the others live",
    async (name, bomb) => {
      const test = await start()
      const good = tcpClient((await test.listen(echo, { name: "Good" })).port)
      good.send("a")
      await good.bytes(1)
      const client = tcpClient((await test.listen(bomb)).port)
      client.send("x")
      if (name === "end") client.socket.end()
      await client.closed
      good.send("b")
      expect((await good.bytes(2)).toString()).toBe("ab")
      const events = (await test.eventsWhen(ended())).filter((event) => event.service === "Test")
      expect(attributesOf(events, "fault")).toHaveLength(1)
      expect(attributesOf(events, "fault")[0]).toMatch(
        name.includes("many") ? /^RangeError/ : `TypeError: in ${name}`,
      )
      expect(kinds(events)).toMatch(/^CONNECT.* INFO( RX)? DISCONNECT$/)
      expect(test.host.stats().counters.faults).toBe(1)
      expect(test.logged.join()).toContain("failed")
    },
  )
})

describe("recording", () => {
  it("refuses names and cuts values of attributes at run time", async () => {
    const test = await start()
    const { port } = await test.listen(
      emulatorOf((connection) => {
        connection.record({ username: "u".repeat(9_000), remoteHost: "6.6.6.6" } as never)
        connection.record({ forged: "1" } as never)
        connection.end()
        return {}
      }),
    )
    await tcpClient(port).closed
    const events = await test.eventsWhen(ended())
    expect(kinds(events)).toBe("CONNECT INFO DISCONNECT")
    expect(events[1]!.attributes).toEqual({ username: "u".repeat(8_192) })
    expect(events[1]!.remoteHost).toBe("127.0.0.1")
  })

  it("shows every journaled event to onEvent as it is in the journal", async () => {
    const shown: unknown[] = []
    const test = await start({
      change: { onEvent: (event) => shown.push({ ...event, data: [...event.data] }) },
    })
    const { port } = await test.listen(echo)
    const client = tcpClient(port)
    client.send("hello")
    await client.bytes(5)
    client.socket.end()
    const events = await test.eventsWhen(ended())
    expect(shown).toEqual(events.map((event) => ({ ...event, data: [...event.data] })))
  })
})

describe("limits", () => {
  it("maxConnections: the next is dropped and counted, others are served", async () => {
    const test = await start({ limits: { maxConnections: 2 } })
    const { port } = await test.listen(echo)
    const first = tcpClient(port)
    const second = tcpClient(port)
    await test.eventsWhen((events) => events.length === 2)
    await tcpClient(port).closed
    expect(test.host.stats().counters['droppedConnections{reason="maxConnections"}']).toBe(1)
    second.send("x")
    await second.bytes(1)
    first.socket.destroy()
    await until(() => test.host.stats().openConnections === 1)
    const third = tcpClient(port)
    third.send("y")
    await third.bytes(1)
  })

  it("maxConnectionsPerSource: only that source is refused", async () => {
    const test = await start({ limits: { maxConnectionsPerSource: 1 } })
    const { port } = await test.listen(echo)
    tcpClient(port, { localAddress: "127.0.0.2" })
    await test.eventsWhen((events) => events.length === 1)
    await tcpClient(port, { localAddress: "127.0.0.2" }).closed
    const other = tcpClient(port, { localAddress: "127.0.0.3" })
    other.send("x")
    await other.bytes(1)
    expect(test.host.stats().counters['droppedConnections{reason="maxConnectionsPerSource"}']).toBe(1)
    expect((await test.events()).filter((event) => event.event === "CONNECT")).toHaveLength(2)
  })

  it("maxSessionsPerSecondPerSource: a burst of ten times as many, then refused", async () => {
    const test = await start({ limits: { maxSessionsPerSecondPerSource: 1 } })
    const { port } = await test.listen(echo)
    const clients = Array.from({ length: 40 }, () => tcpClient(port))
    await until(() => {
      const { counters } = test.host.stats()
      return (
        (counters.sessions ?? 0) +
          (counters['droppedConnections{reason="maxSessionsPerSecondPerSource"}'] ?? 0) ===
        40
      )
    })
    const { sessions } = test.host.stats().counters
    expect(sessions).toBeGreaterThanOrEqual(10)
    expect(sessions).toBeLessThan(20)
    for (const client of clients) client.socket.destroy()
  })

  it.each(["idleMs", "maxSessionMs"] as const)("%s ends a session, recorded", async (limit) => {
    const test = await start({ limits: { [limit]: 100 } })
    const { port } = await test.listen(echo)
    const client = tcpClient(port)
    // Who speaks all the time is not idle, but may be too long.
    const talk = setInterval(() => client.send("x"), limit === "idleMs" ? 1e6 : 20)
    await client.closed
    clearInterval(talk)
    const events = await test.eventsWhen(ended())
    expect(attributesOf(events, "limit")).toEqual([limit])
    expect(events.at(-1)).toMatchObject({ event: "DISCONNECT" })
    expect(test.host.stats().counters[`limits{limit="${limit}"}`]).toBe(1)
  })

  it("maxInputBytes ends a session; its record and what it may cost are bounded", async () => {
    const test = await start({ limits: { maxInputBytes: 200_000 } })
    const { port } = await test.listen(emulatorOf(() => ({})))
    const client = tcpClient(port)
    const flood = () => {
      while (!client.socket.destroyed && client.socket.write(Buffer.alloc(65_536)));
    }
    client.socket.on("drain", flood)
    flood()
    await client.closed
    const events = await test.eventsWhen(ended())
    expect(attributesOf(events, "limit")).toEqual(["maxInputBytes"])
    const received = events.reduce((total, event) => total + event.bytes, 0)
    expect(received).toBeGreaterThan(200_000)
    expect(received).toBeLessThanOrEqual(200_000 + 65_536)
  })

  it("maxOutputBytes ends a session before it is exceeded", async () => {
    const test = await start({ limits: { maxOutputBytes: 10 } })
    const { port } = await test.listen(echo)
    const client = tcpClient(port)
    client.send("12345678")
    await client.bytes(8)
    client.send("12345678")
    await client.closed
    expect(client.received()).toHaveLength(8)
    const events = await test.eventsWhen(ended())
    expect(attributesOf(events, "limit")).toEqual(["maxOutputBytes"])
    expect(kinds(events)).toBe("CONNECT RX TX RX INFO DISCONNECT")
  })

  it("maxBufferedBytes: a peer that does not read is not read from, and gets everything when it reads", async () => {
    const test = await start({
      limits: { maxBufferedBytes: 300_000, maxInputBytes: 1e9, maxOutputBytes: 1e9 },
    })
    const { port } = await test.listen(echo)
    const client = tcpClient(port)
    client.socket.pause()
    const total = 40_000_000
    client.socket.end(Buffer.alloc(total, "x"))
    let before = -1
    // Reading stops somewhere: what the kernel buffers, and no more than maxBufferedBytes besides.
    for (let now = 0; now !== before || now === 0; await sleep(150)) {
      before = now
      now = test.host.stats().counters.bytesReceived!
    }
    expect(before).toBeLessThan(total)
    client.socket.resume()
    await client.closed
    expect(client.received().length).toBe(total)
    expect(attributesOf(await test.eventsWhen(ended()), "limit")).toEqual([])
  })

  it("maxBufferedBytes: at twice that the session ends", async () => {
    const test = await start({ limits: { maxBufferedBytes: 50_000, maxOutputBytes: 1e9 } })
    const { port } = await test.listen(
      emulatorOf((connection) => ({
        data() {
          for (let i = 0; i < 1_000; i++) connection.send(new Uint8Array(20_000))
        },
      })),
    )
    const client = tcpClient(port)
    client.socket.pause()
    client.send("go")
    const events = await test.eventsWhen(ended())
    expect(attributesOf(events, "limit")).toEqual(["maxBufferedBytes"])
    client.socket.destroy()
  })

  it("maxEventsPerSecond slows a session down and loses nothing", async () => {
    const test = await start({ limits: { maxEventsPerSecond: 40, idleMs: 200 } })
    const { port } = await test.listen(
      emulatorOf((connection) => ({
        data(bytes) {
          for (let i = 0; i < 10; i++) connection.record({ command: `${bytes.length}` })
        },
      })),
    )
    const client = tcpClient(port)
    let sent = 0
    while (!test.host.stats().counters.slowedDown) {
      client.send("x")
      sent++
      await sleep(2)
    }
    client.socket.end("the end")
    const events = await test.eventsWhen(ended())
    const received = events.filter((event) => event.event === "RX")
    expect(received.reduce((total, event) => total + event.bytes, 0)).toBe(sent + 7)
    expect(attributesOf(events, "limit")).toEqual([])
  })

  it("apply as they were when the session began", async () => {
    const test = await start({ limits: { maxOutputBytes: 4 } })
    const { port } = await test.listen(echo)
    const old = tcpClient(port)
    old.send("1234")
    await old.bytes(4)
    test.host.reconfigure({
      limits: { ...generousLimits, maxOutputBytes: 8 },
    })
    const fresh = tcpClient(port)
    fresh.send("12345678")
    await fresh.bytes(8)
    old.send("5")
    await old.closed
    expect(old.received()).toHaveLength(4)
    fresh.socket.destroy()
  })
})

describe("the end", () => {
  it("stop() ends listening, open sessions go on", async () => {
    const test = await start()
    const service = await test.listen(echo)
    const client = tcpClient(service.port)
    client.send("a")
    await client.bytes(1)
    await service.stop()
    await tcpClient(service.port).closed
    client.send("b")
    expect((await client.bytes(2)).toString()).toBe("ab")
    client.socket.destroy()
    expect((await test.eventsWhen(ended())).filter(isDisconnect)).toHaveLength(1)
  })

  it("close() journals the DISCONNECT of whatever is open, also of peers that do not read", async () => {
    const test = await start()
    const { port } = await test.listen(echo)
    const clients = Array.from({ length: 20 }, () => tcpClient(port, { allowHalfOpen: true }))
    for (const client of clients) client.send("x")
    await test.eventsWhen((events) => events.length === 60)
    await Promise.all([test.host.close(300), test.host.close(300)])
    const sessions = bySession(await test.events())
    expect(sessions).toHaveLength(20)
    for (const session of sessions) expect(kinds(session)).toBe("CONNECT RX TX DISCONNECT")
    await expect(test.listen(echo)).rejects.toMatchObject({ code: "LISTEN_FAILED" })
    for (const client of clients) client.socket.destroy()
  })

  it("names the port that it cannot listen on", async () => {
    const test = await start()
    const { port } = await test.listen(echo)
    await expect(test.listen(echo, { name: "Twice", port })).rejects.toMatchObject({
      code: "LISTEN_FAILED",
      message: expect.stringContaining(`Twice: 127.0.0.1 port ${port}/tcp`),
    })
  })
})

import { afterEach, expect, it } from "vitest"
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
} from "./host-fixture.ts"

let test: TestHost
afterEach(() => test.close())

const proxyFrom = ["127.0.0.8/29", "2001:db8::/32"]
const ended = (events: readonly { event: string }[]) => events.some((event) => event.event === "DISCONNECT")
const header = "PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n"

it("takes the source that a trusted proxy names, byte by byte if need be", async () => {
  test = await startTestHost()
  const { port } = await test.listen(echo, { proxyFrom })
  const client = tcpClient(port, { localAddress: "127.0.0.9", noDelay: true })
  for (const byte of Buffer.from(`${header}hi`)) {
    client.send(Buffer.from([byte]))
    await sleep(1)
  }
  expect((await client.bytes(2)).toString()).toBe("hi")
  client.socket.end()
  const events = await test.eventsWhen(ended)
  expect(kinds(events)).toMatch(/^CONNECT INFO RX TX( RX TX)? DISCONNECT$/)
  expect(attributesOf(events, "proxyProtocol")).toEqual(["1"])
  for (const event of events) {
    expect(event).toMatchObject({
      remoteHost: "203.0.113.7",
      remotePort: 40_000,
      localHost: "198.51.100.1",
      localPort: 443,
    })
  }
  expect(Buffer.concat(events.filter((e) => e.event === "RX").map((e) => e.data)).toString()).toBe("hi")
})

it("reads version 2, and LOCAL as the proxy itself", async () => {
  test = await startTestHost()
  const { port } = await test.listen(echo, { proxyFrom })
  const signature = "0d0a0d0a000d0a515549540a"
  const named = tcpClient(port, { localAddress: "127.0.0.9" })
  named.send(
    Buffer.from(`${signature}2111000ccb00710700000000000100026869`.replace("00000000", "c6336401"), "hex"),
  )
  expect((await named.bytes(2)).toString()).toBe("hi")
  named.socket.end()
  await named.closed
  const local = tcpClient(port, { localAddress: "127.0.0.10" })
  local.send(Buffer.from(`${signature}200000006869`, "hex"))
  await local.bytes(2)
  local.socket.end()
  await local.closed
  const events = await test.eventsWhen(
    (all) => all.filter((event) => event.event === "DISCONNECT").length === 2,
  )
  expect(bySession(events).map((session) => session[0]!.remoteHost)).toEqual(["203.0.113.7", "127.0.0.10"])
  expect(attributesOf(events, "proxyProtocol")).toEqual(["2", "2"])
})

it("believes no one else", async () => {
  test = await startTestHost()
  const { port } = await test.listen(echo, { proxyFrom })
  const client = tcpClient(port, { localAddress: "127.0.0.2" })
  client.send(header)
  expect((await client.bytes(header.length)).toString()).toBe(header)
  client.socket.end()
  const events = await test.eventsWhen(ended)
  expect(events[0]!.remoteHost).toBe("127.0.0.2")
  expect(Buffer.from(events[1]!.data).toString()).toBe(header)
})

it.each([
  ["a broken header", "PROXY TCP4 nonsense\r\n"],
  ["no header", "GET / HTTP/1.0\r\n\r\n"],
  ["a header that does not come to its end", "PROXY TCP4 203."],
])("records %s under the proxy's address, and drops the connection", async (_name, text) => {
  test = await startTestHost({ limits: { idleMs: 200 } })
  let opened = false
  const { port } = await test.listen(
    emulatorOf(() => {
      opened = true
      return {}
    }),
    { proxyFrom },
  )
  const client = tcpClient(port, { localAddress: "127.0.0.9" })
  client.send(text)
  await client.closed
  const events = await test.eventsWhen(ended)
  expect(kinds(events)).toBe("CONNECT RX INFO DISCONNECT")
  expect(events[0]!.remoteHost).toBe("127.0.0.9")
  expect(Buffer.from(events[1]!.data).toString()).toBe(text)
  expect(attributesOf(events, "proxyProtocol")).toEqual(["invalid"])
  expect(opened).toBe(false)
  expect(client.received()).toHaveLength(0)
})

it("records a proxy that comes and goes without a word", async () => {
  test = await startTestHost()
  const { port } = await test.listen(echo, { proxyFrom })
  const client = tcpClient(port, { localAddress: "127.0.0.9" })
  client.socket.once("connect", () => client.socket.end())
  const events = await test.eventsWhen(ended)
  expect(kinds(events)).toBe("CONNECT DISCONNECT")
  expect(events[1]).toMatchObject({ remoteHost: "127.0.0.9", localHost: "127.0.0.1", localPort: port })
  expect(events[1]!.remotePort).toBeGreaterThan(0)
})

it("counts limits by the source that is named", async () => {
  test = await startTestHost({ limits: { maxConnectionsPerSource: 1 } })
  const { port } = await test.listen(echo, { proxyFrom })
  const proxied = (source: string) => {
    const client = tcpClient(port, { localAddress: "127.0.0.9" })
    client.send(`PROXY TCP4 ${source} 198.51.100.1 40000 443\r\nx`)
    return client
  }
  const first = proxied("203.0.113.7")
  await first.bytes(1)
  await proxied("203.0.113.7").closed
  const other = proxied("203.0.113.8")
  await other.bytes(1)
  expect(test.host.stats().counters['droppedConnections{reason="maxConnectionsPerSource"}']).toBe(1)
  first.socket.destroy()
  await test.eventsWhen(ended)
  await proxied("203.0.113.7").bytes(1)
})

it("refuses a configuration whose proxies are no blocks", async () => {
  test = await startTestHost()
  await expect(test.listen(echo, { proxyFrom: ["everyone"] })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  })
})

import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls"
import type { Connection } from "@propolis/core"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  attributesOf,
  bySession,
  clientOf,
  echo,
  emulatorOf,
  kinds,
  sleep,
  startTestHost,
  type TestHost,
  tcpClient,
} from "./host-fixture.ts"

let test: TestHost
beforeEach(async () => {
  test = await startTestHost({ limits: { idleMs: 2_000 } })
})
afterEach(() => test.close())

const ended = (events: readonly { event: string }[]) => events.some((event) => event.event === "DISCONNECT")

function tlsClient(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", rejectUnauthorized: false, ...options }, () =>
      resolve(socket),
    )
    socket.once("error", reject)
  })
}

const greeter = emulatorOf((connection) => {
  connection.send(`secure ${connection.secure}\n`)
  return { data: (bytes) => connection.send(bytes) }
})

describe("TLS from the first byte", () => {
  it("records what was agreed on and the decrypted bytes", async () => {
    const { port } = await test.listen(greeter, { tls: true })
    const socket = await tlsClient({ port, servername: "mail.example.com" })
    const client = clientOf(socket)
    await client.bytes(12)
    client.send("hello")
    expect((await client.bytes(17)).toString()).toBe("secure true\nhello")
    expect(socket.getPeerCertificate().subject.CN).toMatch(/\./)
    socket.end()
    await client.closed
    const events = await test.eventsWhen(ended)
    expect(kinds(events)).toBe("CONNECT INFO TX RX TX DISCONNECT")
    expect(events[1]!.attributes).toEqual({
      tlsVersion: "TLSv1.3",
      tlsCipher: "TLS_AES_256_GCM_SHA384",
      tlsServerName: "mail.example.com",
    })
    expect(Buffer.from(events[3]!.data).toString()).toBe("hello")
    expect(test.host.stats().openConnections).toBe(0)
  })

  it("speaks with clients of ten years ago", async () => {
    const { port } = await test.listen(greeter, { tls: true })
    const socket = await tlsClient({ port, maxVersion: "TLSv1.2", ciphers: "AES128-SHA" })
    socket.end()
    const events = await test.eventsWhen(ended)
    expect(attributesOf(events, "tlsVersion")).toEqual(["TLSv1.2"])
    expect(attributesOf(events, "tlsCipher")).toEqual(["TLS_RSA_WITH_AES_128_CBC_SHA"])
  })

  it("records a client that is too old for Debian 12", async () => {
    const { port } = await test.listen(greeter, { tls: true })
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const
    await expect(tlsClient({ port, ...old })).rejects.toThrow()
    expect(attributesOf(await test.eventsWhen(ended), "tlsError")).toEqual(["ERR_SSL_UNSUPPORTED_PROTOCOL"])
  })

  it("agrees on a protocol that both sides know, and goes on without one", async () => {
    const { port } = await test.listen({ ...greeter, alpn: ["http/1.1"] }, { tls: true })
    for (const [offered, agreed] of [
      [["h2", "http/1.1"], "http/1.1"],
      [["h2"], false],
    ] as const) {
      const socket = await tlsClient({ port, ALPNProtocols: [...offered] })
      expect(socket.alpnProtocol).toBe(agreed)
      socket.destroy()
    }
  })

  it("carries large payloads both ways", async () => {
    const { port } = await test.listen(echo, { tls: true })
    const client = clientOf(await tlsClient({ port }))
    const bytes = Buffer.alloc(1_000_000, "propolis")
    client.send(bytes)
    expect((await client.bytes(bytes.length)).equals(bytes)).toBe(true)
    client.socket.destroy()
    const events = await test.eventsWhen(ended)
    const received = events.filter((event) => event.event === "RX")
    expect(Buffer.concat(received.map((event) => event.data)).equals(bytes)).toBe(true)
  })

  it("records what is no TLS, and ends", async () => {
    const { port } = await test.listen(greeter, { tls: true })
    const client = tcpClient(port)
    client.send("GET / HTTP/1.1\r\n\r\n")
    await client.closed
    const events = await test.eventsWhen(ended)
    expect(kinds(events)).toBe("CONNECT RX INFO DISCONNECT")
    expect(Buffer.from(events[1]!.data).toString()).toBe("GET / HTTP/1.1\r\n\r\n")
    expect(events[2]!.attributes).toEqual({ tlsError: "not TLS" })
  })

  it.each([
    ["a record that is no ClientHello", Buffer.from("160301000501000001ff", "hex")],
    [
      "a hand-shake of random bytes",
      Buffer.concat([Buffer.from("1603010200", "hex"), Buffer.alloc(512, 0xa5)]),
    ],
  ])("records a failed hand-shake (%s), and ends", async (_name, bytes) => {
    const { port } = await test.listen(greeter, { tls: true })
    const client = tcpClient(port)
    client.socket.end(bytes)
    await client.closed
    const events = await test.eventsWhen(ended)
    expect(attributesOf(events, "tlsError")).toHaveLength(1)
    expect(kinds(events)).toBe("CONNECT INFO DISCONNECT")
  })

  it("records a client that accepts nothing that is offered", async () => {
    const { port } = await test.listen(greeter, { tls: true })
    await expect(
      tlsClient({ port, maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }),
    ).rejects.toThrow()
    expect(attributesOf(await test.eventsWhen(ended), "tlsError")).toEqual(["ERR_SSL_NO_SHARED_CIPHER"])
  })

  it("gives up on a hand-shake that does not come to its end", async () => {
    const { port } = await test.listen(greeter, { tls: true })
    const client = tcpClient(port)
    client.send(Buffer.from("160301", "hex"))
    await client.closed
    expect(attributesOf(await test.eventsWhen(ended), "tlsError")).toEqual(["time-out"])
  })

  it("takes a certificate that was given later", async () => {
    const { port } = await test.listen(greeter, { tls: true })
    test.host.reconfigure({ tls: { key: "broken", cert: "broken" } })
    const client = tcpClient(port)
    client.send(Buffer.from("160301000501000001ff", "hex"))
    await client.closed
    const events = await test.eventsWhen(ended)
    expect(attributesOf(events, "tlsError")).toHaveLength(1)
    expect(test.host.stats().openConnections).toBe(0)
  })
})

describe("STARTTLS", () => {
  /** A little SMTP. What is behind STARTTLS in the same read is the emulator's to forget. */
  function mail(connection: Connection) {
    let secured = 0
    connection.send("220 ready\r\n")
    return {
      data(bytes: Uint8Array) {
        const text = Buffer.from(bytes).toString()
        if (text.startsWith("STARTTLS")) {
          connection.send("220 go ahead\r\n")
          connection.startTls()
        } else connection.send(`250 ${text}`)
      },
      secured() {
        secured++
        connection.record({ command: `secured ${secured} ${connection.secure}` })
      },
    }
  }

  async function upgrade(port: number, first: string, second = "") {
    const plain = tcpClient(port)
    await plain.bytes(11)
    plain.send(first)
    if (second !== "") {
      await plain.bytes(25)
      plain.send(second)
      await test.eventsWhen((events) => events.some((event) => Buffer.from(event.data).toString() === second))
    }
    expect((await plain.bytes(25)).toString()).toBe("220 ready\r\n220 go ahead\r\n")
    plain.socket.removeAllListeners("data")
    const client = clientOf(await tlsClient({ socket: plain.socket, servername: "mail.example.com" }))
    client.send("EHLO again\r\n")
    const answer = await client.bytes(16)
    client.socket.end()
    await client.closed
    return { answer: answer.toString(), events: await test.eventsWhen(ended) }
  }

  it("goes on in TLS after the reply was sent in plaintext", async () => {
    const { port } = await test.listen(emulatorOf(mail))
    const { answer, events } = await upgrade(port, "STARTTLS\r\n")
    expect(answer).toBe("250 EHLO again\r\n")
    expect(kinds(events)).toBe("CONNECT TX RX TX INFO INFO RX TX DISCONNECT")
    expect(attributesOf(events, "command")).toEqual(["secured 1 true"])
    expect(attributesOf(events, "tlsServerName")).toEqual(["mail.example.com"])
  })

  it.each([
    ["in the same segment", "STARTTLS\r\nMAIL FROM:<evil>\r\n", ""],
    ["in one of its own", "STARTTLS\r\n", "MAIL FROM:<evil>\r\n"],
  ])("records and does not obey plaintext behind it, %s", async (_name, first, second) => {
    const { port } = await test.listen(emulatorOf(mail))
    const { answer, events } = await upgrade(port, first, second)
    expect(answer).toBe("250 EHLO again\r\n")
    const received = events
      .filter((event) => event.event === "RX")
      .map((event) => Buffer.from(event.data).toString())
    expect(received.join("|")).toContain("evil")
    expect(events.filter((event) => event.event === "TX")).toHaveLength(3)
  })

  it("leaves no connection behind when the client goes in the middle of it", async () => {
    const { port } = await test.listen(emulatorOf(mail))
    for (const bytes of ["", "16", "1603010200", "1603010005010000"]) {
      const client = tcpClient(port)
      await client.bytes(11)
      client.send("STARTTLS\r\n")
      await client.bytes(25)
      if (bytes !== "") client.send(Buffer.from(bytes, "hex"))
      await sleep(20)
      client.socket.resetAndDestroy()
    }
    const events = await test.eventsWhen(
      (all) => all.filter((event) => event.event === "DISCONNECT").length === 4,
    )
    for (const session of bySession(events)) expect(session.at(-1)!.event).toBe("DISCONNECT")
    expect(test.host.stats().openConnections).toBe(0)
  })
})

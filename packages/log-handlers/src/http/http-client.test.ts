import { mkdtemp, rm } from "node:fs/promises"
import { createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { requireProgram } from "@propolis/testkit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { makeCertificate } from "../sockets/tcp-peer.test-support.ts"
import { answer, type FakeHttpPeer, startFakeHttpPeer } from "./fake-http-peer.test-support.ts"
import { HttpClient } from "./http-client.ts"
import { openHttpClient, urlOption } from "./http-options.ts"

const never = new AbortController().signal
const now = Date.now

describe("the HTTP client", () => {
  let peer: FakeHttpPeer
  beforeEach(async () => {
    peer = await startFakeHttpPeer(answer(200, "fine"))
  })
  afterEach(() => peer.stop())

  it("connects again after the peer closed a kept connection", async () => {
    const client = new HttpClient({ peer: "X", timeoutMs: 5_000, now })
    peer.next.push(answer(200, "last", { connection: "close" }))
    for (const text of ["last", "fine", "fine"]) {
      expect((await client.request({ url: peer.url, body: "é" }, never)).text).toBe(text)
    }
    expect(peer.requests[0]).toMatchObject({ method: "POST", body: Buffer.from("é") })
    expect(peer.requests[0]!.headers).toMatchObject({
      "content-length": "2",
      "user-agent": "Propolis sensor",
    })
    client.close()
    client.close()
  })

  it("hands out the status and the headers of a redirect, and follows none", async () => {
    const client = new HttpClient({ peer: "X", timeoutMs: 5_000, now })
    peer.next.push(answer(301, "", { location: `${peer.url}/elsewhere` }))
    const { status, headers } = await client.request({ url: peer.url, method: "GET" }, never)
    expect([status, headers.location]).toEqual([301, `${peer.url}/elsewhere`])
    expect(peer.requests.length).toBe(1)
    client.close()
  })

  it("gives up where the answer is larger than was allowed", async () => {
    const client = new HttpClient({ peer: "X", timeoutMs: 5_000, now, maxAnswerBytes: 10 })
    peer.next.push(answer(200, "x".repeat(11)))
    await expect(client.request({ url: peer.url }, never)).rejects.toThrow("larger than 10 bytes")
    client.close()
  })

  it("names the peer, not the address, where nobody answers", async () => {
    const client = new HttpClient({ peer: "X", timeoutMs: 5_000, now })
    const url = `${peer.url}/secret`
    await peer.stop()
    const error = await client.request({ url }, never).catch((cause: Error) => cause)
    expect((error as Error).message).toMatch(/^no answer from X: .*ECONNREFUSED/)
    expect((error as Error).message).not.toContain("secret")
    client.close()
  })
})

describe.runIf(requireProgram("openssl", "openssl"))("the HTTP client over TLS", () => {
  let dir: string
  let server: Server
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "propolis-https-"))
    const { cert, key } = makeCertificate(dir)
    server = createServer({ cert, key }, (_, response) => response.end("private"))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(dir, { recursive: true, force: true })
  })
  const ports = () => ({ now, log: () => {}, sensor: "s", dataDir: dir })
  const url = () => `https://127.0.0.1:${(server.address() as AddressInfo).port}`

  it("trusts the certificate that the options name, and no other", async () => {
    const trusting = await openHttpClient("X", { timeoutMs: 5_000, tlsCaFile: "peer.crt" }, ports())
    expect((await trusting.request({ url: url() }, never)).text).toBe("private")
    trusting.close()
    const strict = await openHttpClient("X", { timeoutMs: 5_000 }, ports())
    await expect(strict.request({ url: url() }, never)).rejects.toMatchObject({ code: "DELIVERY_FAILED" })
    strict.close()
  })

  it("does not open without the file that the options name", async () => {
    const opening = openHttpClient("X", { timeoutMs: 5_000, tlsCaFile: "none.crt" }, ports())
    await expect(opening).rejects.toMatchObject({ code: "CONFIG_UNREADABLE" })
  })
})

describe("URLs of options", () => {
  it.each([
    ["https://a.example/x", true, true],
    ["http://[::1]:9200", true, true],
    ["https://a.example/x?token=1", false, true],
    ["https://me:pass@a.example", false, false],
    ["https://a.example/#x", false, false],
    ["ftp://a.example", false, false],
    ["a.example", false, false],
  ])("%s", (text, plain, withQuery) => {
    expect(urlOption().safeParse(text).success).toBe(plain)
    expect(urlOption({ query: true }).safeParse(text).success).toBe(withQuery)
  })
})

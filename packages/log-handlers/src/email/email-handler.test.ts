import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { LogHandler, OpenLogHandler } from "@propolis/core"
import { requireProgram } from "@propolis/testkit"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { SMTPServer } from "smtp-server"
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest"
import { hostileEvents, never } from "../digest/describe-alert-handler.test-support.ts"
import { emailLogHandler } from "./email-handler.ts"

const handler = emailLogHandler as LogHandler

/** A certificate for localhost, made for this run. */
const tlsDir = mkdtempSync(join(tmpdir(), "propolis-email-tls-"))
const caFile = join(tlsDir, "cert.pem")
const hasOpenssl = requireProgram("openssl", "openssl", "mail over TLS")
if (hasOpenssl) {
  const args = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", join(tlsDir, "key.pem"), "-out", caFile],
  ]
  execFileSync("openssl", args, { stdio: "ignore" })
}
afterAll(() => rmSync(tlsDir, { recursive: true, force: true }))

/** A real SMTP server, with STARTTLS (its own certificate) and a login. */
async function startMailServer() {
  const tls = hasOpenssl ? { key: readFileSync(join(tlsDir, "key.pem")), cert: readFileSync(caFile) } : {}
  const mails: string[] = []
  const state = {
    refuse: undefined as Error | undefined,
    stall: false,
    logins: [] as string[],
    senders: [] as string[],
  }
  const server = new SMTPServer({
    ...tls,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth(auth, _, done) {
      state.logins.push(`${auth.username}/${auth.password}`)
      if (auth.password === "right-password") done(null, { user: auth.username })
      else done(new Error("wrong login"))
    },
    onMailFrom(address, _, done) {
      state.senders.push(address.address)
      done(state.refuse ?? null)
    },
    onData(stream, _, done) {
      const chunks: Buffer[] = []
      stream.on("data", (chunk: Buffer) => chunks.push(chunk))
      stream.on("end", () => {
        if (state.stall) return
        mails.push(Buffer.concat(chunks).toString())
        done(null)
      })
    },
  })
  server.on("error", () => {})
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails,
    state,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

const basic = { from: "pot@example.org", to: ["soc@example.org", "me@example.org"], tls: "never" }
const responseError = (code: number) => Object.assign(new Error("not now"), { responseCode: code })
/** Body without its transfer encoding. */
function bodyOf(mail: string): string {
  const [head, ...rest] = mail.split("\r\n\r\n")
  const body = rest.join("\r\n\r\n")
  if (/base64/i.test(head!)) return Buffer.from(body, "base64").toString()
  if (!/quoted-printable/i.test(head!)) return body.trimEnd()
  const bytes = body
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, "latin1").toString().trimEnd()
}

describeLogHandler("email", async () => {
  const server = await startMailServer()
  return {
    handler,
    options: { ...basic, host: "127.0.0.1", port: server.port, digest: { windowMs: 0 }, template: "{id}" },
    delivered: async () => server.mails.map(bodyOf),
    async breakPeer() {
      server.state.refuse = responseError(451)
      return async () => {
        server.state.refuse = undefined
      }
    },
    stallPeer() {
      server.state.stall = true
    },
    stop: () => server.stop(),
  }
})

describe("the email log handler", () => {
  let server: Awaited<ReturnType<typeof startMailServer>>
  let dir: string
  const opened: OpenLogHandler[] = []
  beforeEach(async () => {
    server = await startMailServer()
    dir = await mkdtemp(join(tmpdir(), "propolis-email-"))
  })
  afterEach(async () => {
    for (const handler of opened.splice(0)) await handler.close()
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  })
  async function open(options: object, trial = false) {
    const parsed = handler.options.parse({ ...basic, port: server.port, digest: { windowMs: 0 }, ...options })
    const ports = { now: Date.now, log: () => {}, sensor: "sensor-1", dataDir: dir, trial }
    const running = await handler.open(parsed, ports)
    opened.push(running)
    return running
  }
  const one = () => batchOf(1, oddEvents(0, 1))

  it("writes a plain mail, whatever the attacker sent, that nobody's machine answers", async () => {
    const running = await open({ digest: { windowMs: 20 }, hubUrl: "https://hub.example" })
    await running.deliver(batchOf(1, hostileEvents()), never)
    await expect.poll(() => server.mails.length, { timeout: 10_000 }).toBe(1)
    const [mail] = server.mails
    const head = mail!.slice(0, mail!.indexOf("\r\n\r\n")).replaceAll("\r\n ", " ")
    expect(head).toMatch(/^From: pot@example\.org$/m)
    expect(head).toMatch(/^To: soc@example\.org, me@example\.org$/m)
    expect(head).toMatch(
      /^Subject: \[Propolis\] 198\.51\.100\.7: a session with Telnet \(port 10023\), 2 events in 4 s$/m,
    )
    expect(head).toMatch(/^Auto-Submitted: auto-generated$/m)
    expect(head).toMatch(/^Message-ID: <[0-9a-f]{40}@example\.org>$/m)
    expect(head).toMatch(/^Content-Type: text\/plain; charset=utf-8$/m)
    expect(bodyOf(mail!).replaceAll("\r\n", "\n")).toBe(
      [
        "198.51.100.7: a session with Telnet (port 10023), 2 events in 4 s",
        "login: <!channel> [@]everyone / *b* _i_ 'c' ~s~ |x| [a](hxxp[:]//evil[.]example)",
        'command: </code><a href="hxxp[:]//evil[.]example">&\\x1b[31m\\u202e',
        "Sensor sensor-1 · hub: https://hub.example/hosts/198.51.100.7",
      ].join("\n"),
    )
    expect(server.state.senders).toEqual(["pot@example.org"])
  })

  it("does not send without STARTTLS unless told to, nor to a server that nobody vouches for", async () => {
    const secrets = { username: "u", password: "right-password" }
    const running = await open({ tls: "starttls", ...secrets })
    const error = await running.deliver(one(), never).catch((cause: Error) => cause)
    expect(error).toMatchObject({ code: "DELIVERY_FAILED", retry: true })
    expect(String(error)).not.toContain("right-password")
    expect(server.mails).toEqual([])
    expect(server.state.logins).toEqual([])
  })

  it.runIf(hasOpenssl)(
    "logs in over STARTTLS where the server's certificate is known, and by that name only",
    async () => {
      const login = { tls: "starttls", tlsCaFile: caFile, username: "u", password: "right-password" }
      const stranger = await open({ ...login, host: "127.0.0.1" })
      await expect(stranger.deliver(one(), never)).rejects.toThrow(/altnames/)
      expect(server.state.logins).toEqual([])
      await (await open({ ...login, host: "localhost" })).deliver(one(), never)
      expect(server.state.logins).toEqual(["u/right-password"])
      expect(server.mails).toHaveLength(1)
      const wrong = await open({ ...login, host: "localhost", password: "wrong-password" })
      const error = await wrong.deliver(one(), never).catch((cause: Error) => cause)
      expect(error).toMatchObject({ retry: true, retryAfterMs: 60_000 })
      expect(String(error)).not.toContain("wrong-password")
    },
  )

  it.each([
    ["a refused sender", 550, { retry: true, retryAfterMs: 60_000 }],
    ["a server in trouble", 451, { retry: true, retryAfterMs: undefined }],
  ])("keeps the message after %s", async (_, code, expected) => {
    server.state.refuse = responseError(code)
    const running = await open({})
    await expect(running.deliver(one(), never)).rejects.toMatchObject(expected)
    server.state.refuse = undefined
    await running.deliver(one(), never)
    expect(server.mails).toHaveLength(1)
  })

  it("tells that nobody listens, asks without sending, and tries one mail", async () => {
    expect(await (await open({})).probe!(never)).toBe("takes connections and the login")
    expect(server.mails).toEqual([])
    const report = await (await open({}, true)).deliver(one(), never)
    expect(report?.answer).toMatch(/^250/)
    const { port } = server
    await server.stop()
    const gone = await open({ port })
    await expect(gone.probe!(never)).rejects.toThrow("the mail server: ")
    server = await startMailServer()
  })

  it.each([
    { ...basic, from: "a b@example.org" },
    { ...basic, to: ["soc@example.org\r\nBcc: x@example.org"] },
    { ...basic, to: [] },
    { ...basic, username: "u" },
    { ...basic, subjectPrefix: "a\nb" },
  ])("refuses %j", (options) => expect(handler.options.safeParse(options).success).toBe(false))
})

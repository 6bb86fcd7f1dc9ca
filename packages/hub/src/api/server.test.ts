import { connect } from "node:net"
import { PropolisError, type StoredEvent } from "@propolis/core"
import { afterEach, describe, expect, test } from "vitest"
import { createAccount } from "../accounts/index.ts"
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
  testEmail,
  testPassword,
} from "../test-server.ts"

let hub: TestServer
afterEach(() => hub.close())

async function start(options?: TestServerOptions) {
  hub = await startTestServer(options)
  return hub
}

type Method = "GET" | "POST" | "DELETE"
const ask = (method: Method, url: string, headers: Record<string, string> = {}, payload?: object) =>
  hub.server.inject({ method, url, headers, ...(payload !== undefined && { payload }) })
const get = (url: string, headers?: Record<string, string>) => ask("GET", url, headers)

async function logIn(email = testEmail, password = testPassword): Promise<{ cookie: string }> {
  const answer = await ask("POST", "/api/web/login", {}, { email, password })
  expect(answer.statusCode).toBe(200)
  return { cookie: String(answer.headers["set-cookie"]).split(";", 1)[0]! }
}

async function newAccount(admin: boolean) {
  const by = { actor: "test" }
  const request = { email: "new@example.org", admin }
  return (await createAccount(hub.accounts.database, request, by, Date.now()))!
}

describe("logging in", () => {
  test("gives a cookie that scripts and other sites cannot have, and ends with it", async () => {
    await start()
    const answer = await ask(
      "POST",
      "/api/web/login",
      {},
      { email: "User@Example.org ", password: testPassword },
    )
    expect(answer.json()).toEqual({ id: 1, email: testEmail, admin: false, mustChangePassword: false })
    const cookie = String(answer.headers["set-cookie"])
    expect(cookie).toMatch(/^propolis=[\w-]{43};/)
    expect(cookie).toContain("HttpOnly")
    expect(cookie).toContain("SameSite=Strict")
    expect(cookie).not.toContain("Secure")
    const headers = { cookie: cookie.split(";", 1)[0]! }
    expect((await get("/api/web/me", headers)).json().account.email).toBe(testEmail)
    expect((await ask("POST", "/api/web/logout", headers)).statusCode).toBe(204)
    expect((await get("/api/web/me", headers)).json().account).toBeNull()
  })

  test("over TLS, the browser holds the cookie to this host", async () => {
    await start({ server: { trustedProxies: ["127.0.0.1"] } })
    const proxied = { "x-forwarded-proto": "https" }
    const answer = await ask("POST", "/api/web/login", proxied, { email: testEmail, password: testPassword })
    expect(String(answer.headers["set-cookie"])).toMatch(/^__Host-propolis=.*Secure/)
    expect(answer.headers["strict-transport-security"]).toBeDefined()
  })

  test("does not tell a wrong password from an unknown account", async () => {
    await start()
    const wrong = await ask("POST", "/api/web/login", {}, { email: testEmail, password: "x" })
    const unknown = await ask("POST", "/api/web/login", {}, { email: "nobody@example.org", password: "x" })
    expect([wrong.statusCode, unknown.statusCode]).toEqual([401, 401])
    expect(wrong.body).toBe(unknown.body)
    expect(wrong.headers["set-cookie"]).toBeUndefined()
  })

  test("is limited by address, and tells when to come back", async () => {
    await start()
    for (let i = 0; i < 10; i++) hub.accounts.limit.recordTry("127.0.0.1", `a${i}@example.org`, Date.now())
    const answer = await ask("POST", "/api/web/login", {}, { email: testEmail, password: testPassword })
    expect(answer.statusCode).toBe(429)
    expect(Number(answer.headers["retry-after"])).toBeLessThanOrEqual(60)
  })

  test("is written to the audit log, with hostile names escaped", async () => {
    await start()
    await ask("POST", "/api/web/login", {}, { email: "\u001b[2J@x", password: "x" })
    await logIn()
    const rows = await hub.accounts.database.selectFrom("audit_log").select(["actor", "action"]).execute()
    expect(rows).toContainEqual({ actor: "\\x1b[2j@x", action: "login refused" })
    expect(rows).toContainEqual({ actor: testEmail, action: "login" })
  })
})

describe("a one-time password", () => {
  test("opens nothing but its own replacement", async () => {
    await start()
    const { oneTimePassword } = await newAccount(true)
    const headers = await logIn("new@example.org", oneTimePassword)
    expect((await get("/api/web/me", headers)).json().account.mustChangePassword).toBe(true)
    for (const url of ["/api/web/keys", "/api/web/hosts/top", "/api/web/live"])
      expect((await get(url, headers)).statusCode).toBe(403)
    const other = await logIn("new@example.org", oneTimePassword)
    const change = (current: string, next: string) =>
      ask("POST", "/api/web/password", headers, { current, next })
    expect((await change("wrong", "a longer password")).json().faults[0].path).toBe("body.current")
    expect((await change(oneTimePassword!, "short")).json().faults[0].path).toBe("body.next")
    expect((await change(oneTimePassword!, oneTimePassword!)).statusCode).toBe(400)
    expect((await change(oneTimePassword!, "a longer password")).statusCode).toBe(204)
    expect((await get("/api/web/hosts/top", headers)).statusCode).toBe(200)
    // Every other session ended with the old password.
    expect((await get("/api/web/me", other)).json().account).toBeNull()
  })
})

describe("another site", () => {
  test.each([
    { origin: "http://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("cannot act: %o", async (foreign) => {
    await start()
    const headers = await logIn()
    const made = await ask("POST", "/api/web/keys", { ...headers, ...foreign }, { kind: "read" })
    expect(made.statusCode).toBe(403)
    expect((await hub.accounts.keys.list(1)).keys).toHaveLength(2)
    expect(
      (await ask("POST", "/api/web/login", foreign, { email: testEmail, password: "x" })).statusCode,
    ).toBe(403)
  })

  test("this one can", async () => {
    await start()
    const headers = { ...(await logIn()), origin: "http://hub.example:4040", host: "hub.example:4040" }
    expect((await ask("POST", "/api/web/keys", headers, { kind: "read" })).statusCode).toBe(201)
  })
})

describe("keys", () => {
  test("are shown once, listed without themselves, and revoked only by their owner", async () => {
    await start()
    const headers = await logIn()
    const made = (await ask("POST", "/api/web/keys", headers, { kind: "sensor", label: "attic" })).json()
    expect(made.key).toMatch(/^propolis_sensor_[0-9A-Za-z]{49}$/)
    expect(await hub.accounts.keys.verify(made.apiId, made.key, "sensor")).toMatchObject({ accountId: 1 })
    expect((await get("/api/web/keys", headers)).body).not.toContain(made.key)
    const stored = await hub.accounts.database.selectFrom("api_keys").selectAll().execute()
    expect(JSON.stringify(stored)).not.toContain(made.key)

    const { oneTimePassword } = await newAccount(false)
    const stranger = await logIn("new@example.org", oneTimePassword)
    const next = "another long password"
    await ask("POST", "/api/web/password", stranger, { current: oneTimePassword, next })
    expect((await ask("DELETE", `/api/web/keys/${made.id}`, stranger)).statusCode).toBe(404)
    expect((await ask("DELETE", `/api/web/keys/${made.id}`, headers)).statusCode).toBe(204)
    expect(await hub.accounts.keys.verify(made.apiId, made.key, "sensor")).toBeUndefined()
  })
})

describe("the local administrator", () => {
  test("makes accounts and keys that work", async () => {
    await start()
    const headers = { authorization: `Bearer ${hub.adminToken}` }
    const account = await ask("POST", "/api/admin/accounts", headers, {
      email: "Alice@example.org",
      admin: true,
    })
    expect(account.statusCode).toBe(201)
    expect(account.json()).toMatchObject({
      email: "alice@example.org",
      admin: true,
      mustChangePassword: true,
    })
    expect(
      (await ask("POST", "/api/admin/accounts", headers, { email: "alice@example.org" })).statusCode,
    ).toBe(409)
    const keys = (await ask("POST", "/api/admin/keys", headers, { email: "alice@example.org" })).json()
    expect(await hub.accounts.keys.verify(keys.api_id, keys.sensor_key, "sensor")).toBeDefined()
    expect(await hub.accounts.keys.verify(keys.api_id, keys.api_key, "read")).toBeDefined()
    // Without an address: the first administrator's.
    expect((await ask("POST", "/api/admin/keys", headers, {})).json().api_id).toBe(keys.api_id)
    expect((await get("/api/web/hosts/top", headers)).statusCode).toBe(200)
  })

  test("is nobody else", async () => {
    await start()
    const wrong = await ask("POST", "/api/admin/keys", { authorization: "Bearer x" }, { email: testEmail })
    expect(wrong.statusCode).toBe(401)
    expect((await ask("POST", "/api/admin/keys", {}, { email: testEmail })).statusCode).toBe(401)
    expect((await ask("POST", "/api/admin/keys", await logIn(), { email: testEmail })).statusCode).toBe(403)
  })
})

describe("readers without an account", () => {
  const now = Date.now()
  const event = (remoteHost: string, time: number): StoredEvent => ({
    sequence: 1,
    id: "01890a5d-ac96-774b-bcce-b302099a8057",
    time,
    sensor: "attic",
    session: "01890a5d-ac96-774b-bcce-b302099a8058",
    seq: 0,
    protocol: "TCP",
    event: "RX",
    service: "Telnet",
    emulator: "telnet",
    localPort: 10_023,
    remoteHost,
    remotePort: 4_711,
    bytes: 0,
    data: "",
    sha256: "",
    attributes: {},
    country: "",
    asn: 0,
    asName: "",
  })
  const sessionOf = (remoteHost: string, endedAt: number) => ({
    session: {
      session: "01890a5d-ac96-774b-bcce-b302099a8058",
      remoteHost,
      service: "Telnet",
      protocol: "TCP" as const,
      localPort: 10_023,
      remotePort: 4_711,
      sensor: "attic",
      startedAt: endedAt,
      endedAt,
      events: 1,
      bytesReceived: 0,
      bytesTransmitted: 0,
    },
    events: [event(remoteHost, endedAt)],
    more: false,
  })
  const sessionUrl = "/api/web/sessions/01890a5d-ac96-774b-bcce-b302099a8058"

  test("see nothing where the hub says none", async () => {
    await start()
    for (const url of ["/api/web/hosts/top", "/api/web/activity", "/api/web/live", sessionUrl])
      expect((await get(url)).statusCode).toBe(401)
    expect((await get("/api/web/me")).statusCode).toBe(200)
  })

  test("see a day where it says recent, and nothing that tells of the sensor", async () => {
    const from: unknown[] = []
    await start({
      api: { anonymous: "recent", now: () => now },
      reads: {
        sessionEvents: async () => sessionOf("198.51.100.7", now - 1_000),
        hostSummary: async (request) => {
          from.push(request.from)
          return undefined
        },
      },
    })
    expect((await get("/api/web/hosts/top?hours=24")).statusCode).toBe(200)
    expect((await get("/api/web/hosts/top?hours=25")).statusCode).toBe(401)
    expect((await get("/api/web/services/Telnet/hosts?hours=48")).statusCode).toBe(401)
    expect((await get("/api/web/activity?days=8")).statusCode).toBe(401)
    await get("/api/web/hosts/198.51.100.7")
    await get("/api/web/hosts/198.51.100.7", await logIn())
    expect(from).toEqual([now - 86_400_000, undefined])

    const shown = (await get(sessionUrl)).json()
    expect(shown.session).toMatchObject({ sensor: "", localPort: 0 })
    expect(shown.events[0]).toMatchObject({ sensor: "", localPort: 0, remotePort: 0 })
    expect((await get(sessionUrl, await logIn())).json().session.sensor).toBe("attic")
  })

  test("see no older session, and in a community hub no private source", async () => {
    let session = sessionOf("198.51.100.7", now - 86_400_001)
    const row = { connections: 1, events: 1, lastSeen: now, country: "", asn: 0, asName: "" }
    await start({
      api: { anonymous: "recent", mode: "community", now: () => now },
      reads: {
        sessionEvents: async () => session,
        topHosts: async () => [
          { remoteHost: "10.0.0.1", ...row },
          { remoteHost: "8.8.8.8", ...row },
        ],
      },
    })
    expect((await get(sessionUrl)).statusCode).toBe(404)
    session = sessionOf("10.0.0.1", now)
    expect((await get(sessionUrl)).statusCode).toBe(404)
    expect((await get("/api/web/hosts/10.0.0.1")).statusCode).toBe(404)
    const hosts = (await get("/api/web/hosts/top")).json().rows
    expect(hosts.map((each: { remoteHost: string }) => each.remoteHost)).toEqual(["8.8.8.8"])
    expect((await get("/api/web/hosts/top", await logIn())).json().rows).toHaveLength(2)
  })
})

describe("answers", () => {
  test("carry the safety headers, also errors and pages", async () => {
    await start()
    for (const url of ["/api/web/me", "/api/nothing", "/", "/healthz"]) {
      const { headers } = await get(url)
      expect(headers["content-security-policy"]).toContain("script-src 'self';")
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'")
      expect(headers["x-content-type-options"]).toBe("nosniff")
      expect(headers["referrer-policy"]).toBe("no-referrer")
    }
    expect((await get("/api/web/me")).headers["cache-control"]).toBe("no-store")
  })

  test.each([
    ["GET", "/api/nothing", 404],
    ["POST", "/api/web/nothing", 404],
    ["DELETE", "/somewhere", 404],
    ["GET", "/api/web/hosts/not-an-address", 400],
    ["GET", "/api/web/hosts/top?hours=0", 400],
    ["GET", "/api/web/hosts/top?limit=5&limit=6", 400],
    ["GET", "/api/web/sessions/x", 400],
    ["GET", "/api/web/hosts/%zz", 400],
    ["GET", `/api/web/hosts/${"a".repeat(600)}?long`, 404],
  ] as const)("to %s %.40s are JSON with status %i", async (method, url, status) => {
    await start({ api: { anonymous: "recent" } })
    const answer = await ask(method, url)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers["content-type"]).toContain("json")
    expect(typeof answer.json().status).toBe("string")
  })

  test("to a trailing slash are no redirects", async () => {
    await start()
    expect((await get("/api/web/me/")).statusCode).toBe(200)
  })

  test("to bodies that are wrong name every fault, without repeating what was sent", async () => {
    await start()
    const login = (headers: Record<string, string>, payload: string) =>
      hub.server.inject({ method: "POST", url: "/api/web/login", headers, payload })
    const json = { "content-type": "application/json" }
    const faults = (await login(json, '{"email":7,"extra":1}')).json()
    expect(faults.faults.map((fault: { path: string }) => fault.path).sort()).toEqual([
      "body",
      "body.email",
      "body.password",
    ])
    expect((await login(json, "{")).statusCode).toBe(400)
    expect((await login(json, '{"__proto__":{"admin":true}}')).statusCode).toBe(400)
    expect((await login({ "content-type": "text/xml" }, "<x/>")).statusCode).toBe(415)
    expect((await login(json, JSON.stringify({ email: "x".repeat(70_000) }))).statusCode).toBe(413)
  })

  test("to a bug are a 500 without its stack, to a busy store a 503", async () => {
    const logged: string[] = []
    let error: Error = new Error("secret detail")
    await start({
      api: { anonymous: "recent", log: (message) => logged.push(message) },
      reads: { topServices: () => Promise.reject(error) },
    })
    const bug = await get("/api/web/services/top")
    expect([bug.statusCode, bug.json()]).toEqual([500, { status: "Internal error" }])
    expect(logged[0]).toContain("secret detail")
    error = new PropolisError("STORE_FAILED", "busy")
    const busy = await get("/api/web/services/top")
    expect([busy.statusCode, busy.headers["retry-after"]]).toEqual([503, "2"])
  })

  test("hold only what the contract names", async () => {
    const row = {
      service: "Telnet",
      connections: 1,
      events: 1,
      hosts: 1,
      lastSeen: 1,
      localHost: "192.0.2.1",
    }
    await start({ api: { anonymous: "recent" }, reads: { topServices: async () => [row] } })
    expect((await get("/api/web/services/top")).body).not.toContain("192.0.2.1")
  })

  test("to what is no HTTP are JSON too", async () => {
    await start()
    await hub.server.listen({ host: "127.0.0.1", port: 0 })
    const { port } = hub.server.server.address() as { port: number }
    const socket = connect(port, "127.0.0.1", () => socket.write("\x16\x03\x01 nonsense\r\n\r\n"))
    let heard = ""
    for await (const chunk of socket) heard += String(chunk)
    expect(heard).toMatch(/^HTTP\/1\.1 400 /)
    expect(heard).toContain('{"status":"Invalid request"}')
  })
})

describe("metrics", () => {
  test("are for this machine and for administrators", async () => {
    await start()
    const local = await get("/metrics", { host: "localhost:4040" })
    expect(local.statusCode).toBe(200)
    expect(local.body).toBe(
      '# HELP propolis_test A test\n# TYPE propolis_test gauge\npropolis_test{a="b\\"\\\\\\n"} 1\n',
    )
    const bearer = { authorization: `Bearer ${hub.adminToken}`, host: "hub.example" }
    expect((await get("/metrics", bearer)).statusCode).toBe(200)
  })

  test.each([
    { host: "localhost", "x-forwarded-for": "127.0.0.1" },
    { host: "localhost", forwarded: "for=127.0.0.1" },
    { host: "localhost", "x-real-ip": "127.0.0.1" },
    { host: "rebound.example" },
  ])("are not for whoever comes as %o", async (headers) => {
    await start()
    expect((await get("/metrics", headers)).statusCode).toBe(403)
    expect((await get("/healthz", headers)).statusCode).toBe(200)
  })
})

import { createHmac } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LogHandler, PropolisError, type SensorEvent } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { abuseipdbLogHandler } from "../abuseipdb/abuseipdb-handler.ts"
import { dshieldLogHandler } from "../dshield/dshield-handler.ts"
import { type HttpSubject, withHttpSubject } from "../http/describe-http-handler.test-support.ts"
import { answer, type Behaviour, type ReceivedRequest } from "../http/fake-http-peer.test-support.ts"
import { ReportLedger } from "./report-ledger.ts"

const never = new AbortController().signal
const apiKey = "KeyThatNobodyMaySee="
const nowMs = 1_700_000_000_000
const base: SensorEvent = {
  ...oddEvents(0, 1)[0]!,
  localHost: "8.8.4.4",
  remoteHost: "8.8.8.8",
  time: nowMs - 1_000,
  protocol: "TCP",
  event: "CONNECT",
  service: "Telnet",
  emulator: "telnet",
  localPort: 10_023,
  attributes: {},
}
const from = (remoteHost: string, more: Partial<SensorEvent> = {}): SensorEvent => ({
  ...base,
  remoteHost,
  ...more,
})

interface Case {
  readonly name: string
  readonly subject: HttpSubject
  /** Sources that a request reports. */
  sources(request: ReceivedRequest): string[]
}

const cases: readonly Case[] = [
  {
    name: "abuseipdb",
    subject: {
      handler: abuseipdbLogHandler as LogHandler,
      options: (url) => ({ url: `${url}/api/v2`, apiKey, never: ["9.9.9.0/24"] }),
      right: () => answer(200, { data: { ipAddress: "8.8.8.8", abuseConfidenceScore: 52 } }),
      secrets: [apiKey],
    },
    sources: ({ body }) => [new URLSearchParams(body.toString()).get("ip")!],
  },
  {
    name: "dshield",
    subject: {
      handler: dshieldLogHandler as LogHandler,
      options: (url) => ({ url: `${url}/submitapi/`, userId: 12_345, apiKey, never: ["9.9.9.0/24"] }),
      right: () => answer(200, "ok"),
      secrets: [apiKey],
    },
    sources: ({ body }) =>
      (JSON.parse(body.toString()) as { logs: { sip: string }[] }).logs.map(({ sip }) => sip),
  },
]

describe.each(cases)("$name", ({ subject, sources }) => {
  it("reports public sources with a completed hand-shake, each once, and nobody else", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      const events = [
        from("8.8.8.8"),
        from("1.1.1.1", { protocol: "UDP", event: "RX" }),
        from("10.0.0.1"),
        from("192.168.1.1"),
        from("127.0.0.1"),
        from("198.51.100.7"),
        from("fe80::1"),
        from("2001:db8::1"),
        from("8.8.4.4"),
        from("9.9.9.9"),
        from("8.8.8.8", { session: base.session.replace(/0$/, "1") }),
        from("1.0.0.1", { time: nowMs - 2 * 86_400_000 }),
        from("2606:4700::1111"),
      ]
      await handler.deliver(batchOf(1, events), never)
      await handler.deliver(batchOf(2, events), never)
      expect(peer.requests.flatMap(sources)).toEqual(["8.8.8.8", "2606:4700::1111"])
    }))

  it("remembers over a restart what was reported", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      await (await open()).deliver(batchOf(1, [from("8.8.8.8")]), never)
      await (await open()).deliver(batchOf(1, [from("8.8.8.8"), from("1.1.1.1")]), never)
      expect(peer.requests.flatMap(sources)).toEqual(["8.8.8.8", "1.1.1.1"])
    }))

  it("keeps to the limit of a day", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open({ maxPerDay: 3 })
      for (let n = 0; n < 5; n++) await handler.deliver(batchOf(n, [from(`1.1.1.${n}`)]), never)
      expect(peer.requests.flatMap(sources)).toEqual(["1.1.1.0", "1.1.1.1", "1.1.1.2"])
    }))

  it.each<[string, Behaviour, number | undefined]>([
    ["500", answer(500, "\u001b[2J"), undefined],
    ["429 with a short wait", answer(429, "", { "retry-after": "7" }), 7_000],
    ["401", answer(401), 60_000],
    ["a redirect", answer(302, "", { location: "/elsewhere" }), undefined],
    ["a connection that dies", (_, response) => response.destroy(), undefined],
    ["no answer in time", () => {}, undefined],
  ])("tries again after %s, without telling the key or reporting twice", (_, behaviour, retryAfterMs) =>
    withHttpSubject(subject, async ({ peer, logs, open }) => {
      const handler = await open({ timeoutMs: 200 })
      await handler.deliver(batchOf(1, [from("8.8.8.8")]), never)
      peer.next.push(behaviour)
      const batch = batchOf(2, [from("8.8.8.8"), from("1.1.1.1")])
      const error = await handler.deliver(batch, never).catch((cause: Error) => cause)
      expect(error).toBeInstanceOf(PropolisError)
      expect(error).toMatchObject({ retry: true, retryAfterMs })
      const told = `${(error as Error).message} ${logs.join()}`
      expect(told).not.toContain(apiKey)
      expect(told).not.toContain("\u001b")
      await handler.deliver(batch, never)
      expect(peer.requests.flatMap(sources)).toEqual(["8.8.8.8", "1.1.1.1", "1.1.1.1"])
      expect(peer.requests.map(({ path }) => path)).not.toContain("/elsewhere")
    }),
  )

  it("ends on abort, closes twice, and describes every option", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      await expect(handler.deliver(batchOf(1, [base]), AbortSignal.abort(new Error("stop")))).rejects.toThrow(
        "stop",
      )
      peer.always = () => {}
      const stop = new AbortController()
      const ended = expect(handler.deliver(batchOf(1, [base]), stop.signal)).rejects.toThrow("stop now")
      await expect.poll(() => peer.requests.length).toBe(1)
      stop.abort(new Error("stop now"))
      await ended
      await handler.close()
      await handler.close()
      const schema = z.toJSONSchema(subject.handler.options, { io: "input" }) as {
        properties: Record<string, { description?: string }>
      }
      const silent = Object.entries(schema.properties).filter(([, { description }]) => !description)
      expect(silent).toEqual([])
    }))
})

describe("a report to AbuseIPDB", () => {
  const [{ subject }] = cases as [Case]
  it("is a form with address, categories, time and counts, and nothing that was sent", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      const attributes = { username: "root", password: "hunter2" }
      const events = [
        from("8.8.8.8"),
        from("8.8.8.8", { event: "RX", bytes: 14, data: Buffer.from("root\nhunter2\n ") }),
        from("8.8.8.8", { event: "INFO", attributes }),
      ]
      await handler.deliver(batchOf(1, events), never)
      const [request] = peer.requests
      expect(request).toMatchObject({ method: "POST", path: "/api/v2/report" })
      expect(request!.headers).toMatchObject({
        key: apiKey,
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
      })
      expect(Object.fromEntries(new URLSearchParams(request!.body.toString()))).toEqual({
        ip: "8.8.8.8",
        categories: "15,18,23",
        comment: "Honeypot: 1 TCP session to decoy services (Telnet), 1 login attempt, 14 bytes received",
        timestamp: new Date(base.time).toISOString(),
      })
    }))

  it("calls connections to many services a port scan", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      const events = Array.from({ length: 12 }, (_, n) => from("8.8.8.8", { service: `S${n}` }))
      await handler.deliver(batchOf(1, events), never)
      const form = new URLSearchParams(peer.requests[0]!.body.toString())
      expect(form.get("categories")).toBe("14")
      expect(form.get("comment")).toContain("S8, S9 and 2 more)")
    }))

  it.each([
    ["an address that it does not take", 422, "The ip address must be valid."],
    [
      "one that was reported elsewhere",
      403,
      "You can only report the same IP address (`8.8.8.8`) once in 15 minutes.",
    ],
  ])("goes on behind %s", (_, status, detail) =>
    withHttpSubject(subject, async ({ peer, logs, open }) => {
      const handler = await open()
      peer.next.push(answer(status, { errors: [{ detail, status }] }))
      await handler.deliver(batchOf(1, [from("8.8.8.8"), from("1.1.1.1")]), never)
      expect(peer.requests.length).toBe(2)
      expect(logs).toEqual([`AbuseIPDB does not take 8.8.8.8: ${detail}`])
    }),
  )

  it("stops for the rest of the day when AbuseIPDB says so, without holding events back", () =>
    withHttpSubject(subject, async ({ peer, logs, open }) => {
      const handler = await open()
      peer.next.push(answer(429, { errors: [{ detail: "Daily rate limit" }] }, { "retry-after": "29241" }))
      await handler.deliver(batchOf(1, [from("8.8.8.8"), from("1.1.1.1")]), never)
      await handler.deliver(batchOf(2, [from("1.0.0.1")]), never)
      expect(peer.requests.length).toBe(1)
      expect(logs).toEqual([
        "AbuseIPDB's daily limit is reached; nothing is reported until 2023-11-15T06:20:41.000Z",
      ])
    }))

  it("is not made more often than AbuseIPDB allows", () => {
    expect(abuseipdbLogHandler.options.safeParse({ apiKey, windowMs: 60_000 }).success).toBe(false)
  })
})

describe("a report to DShield", () => {
  const [, { subject }] = cases as [Case, Case]
  it("is a firewall log without the sensor's address, signed with a fresh nonce", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open()
      const events = [
        from("8.8.8.8"),
        from("8.8.8.8", { localPort: 8_080 }),
        from("8.8.8.8", { event: "RX" }),
        from("2606:4700::1111"),
      ]
      await handler.deliver(batchOf(1, events), never)
      const [request] = peer.requests
      expect(request).toMatchObject({ method: "POST", path: "/submitapi/" })
      const authorization = request!.headers["x-isc-authorization"] as string
      const [, credentials, nonce] =
        /^ISC-HMAC-SHA256 Credentials=(\S+) Userid=12345 Nonce=(\S+)$/.exec(authorization) ?? []
      expect(credentials).toBe(createHmac("sha256", `${nonce}12345`).update(apiKey).digest("base64"))
      expect(request!.headers["x-isc-logtype"]).toBe("firewall")
      const time = Math.floor(base.time / 1_000)
      const record = {
        time,
        version: 4,
        proto: 6,
        sip: "8.8.8.8",
        sport: 40_000,
        dip: "0.0.0.0",
        dport: 23,
        flags: "S",
      }
      expect(JSON.parse(request!.body.toString())).toEqual({
        type: "firewall",
        authheader: authorization,
        logs: [
          record,
          { ...record, dport: 8_080 },
          { ...record, version: 6, sip: "2606:4700::1111", dip: "::" },
        ],
      })
      expect(request!.body.toString()).not.toContain(base.localHost)
    }))

  it("names ports as they are where nothing is redirected", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      await (await open({ redirected: false })).deliver(batchOf(1, [base]), never)
      expect(JSON.parse(peer.requests[0]!.body.toString()).logs[0].dport).toBe(10_023)
    }))
})

describe("the ledger", () => {
  it("forgets after the window and counts by day", async () => {
    const clock = { now: Date.parse("2026-11-22T23:00:00Z") }
    const ledger = await ReportLedger.open({
      path: "/nonexistent/ledger.json",
      windowMs: 3_600_000,
      maxPerDay: 1,
      now: () => clock.now,
    })
    expect(ledger.state("a")).toBe("new")
    ledger.note("a")
    expect([ledger.state("a"), ledger.state("b")]).toEqual(["known", "full"])
    clock.now += 3_600_000
    expect([ledger.state("a"), ledger.state("b")]).toEqual(["new", "new"])
  })

  it.each(["", "{", "[]", '{"day":1,"count":-1,"reported":{}}'])(
    "takes a file of %j for none, and replaces it",
    async (text) => {
      const dir = await mkdtemp(join(tmpdir(), "propolis-ledger-"))
      const options = { path: join(dir, "ledger.json"), windowMs: 60_000, maxPerDay: 9, now: () => nowMs }
      await writeFile(options.path, text)
      const ledger = await ReportLedger.open(options)
      expect(ledger.state("a")).toBe("new")
      ledger.note("a")
      await ledger.save()
      expect((await ReportLedger.open(options)).state("a")).toBe("known")
      await rm(dir, { recursive: true })
    },
  )
})

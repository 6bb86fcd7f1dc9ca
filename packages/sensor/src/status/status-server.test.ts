import { request } from "node:http"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { prometheusText, snakeCase } from "./prometheus.ts"
import type { SensorStatus } from "./sensor-status.ts"
import { type StatusServer, startStatusServer } from "./status-server.ts"

const service = {
  emulator: "telnet",
  description: "",
  transport: "tcp",
  tls: false,
  host: "127.0.0.1",
  lowPort: 23,
} as const

function healthy(): SensorStatus {
  return {
    sensor: "edge-1",
    version: "1.2.3",
    startedAt: 1_000,
    services: [{ ...service, name: "Telnet", port: 10_023, state: "listening" }],
    host: {
      openConnections: 3,
      openConversations: 2,
      trackedSources: 5,
      counters: {
        sessions: 7,
        "droppedConnections{maxConnections}": 2,
        "droppedConnections{maxSessionMs}": 1,
        udpWithheld: 4,
      },
    },
    journal: { records: 9, bytes: 100, segments: 1, unwritten: 0, damaged: 0, lost: { hub: 40 } },
    handlers: [
      {
        name: "file",
        handler: "file",
        delivered: 9,
        rejected: 0,
        skipped: 0,
        retries: 1,
        lag: 0,
        failing: undefined,
      },
    ],
    reloadFault: undefined,
  }
}

let server: StatusServer
let status: SensorStatus
const clock = { now: 61_000 }

beforeEach(async () => {
  status = healthy()
  clock.now = 61_000
  server = await startStatusServer({ host: "127.0.0.1", port: 0, status: () => status, now: () => clock.now })
})
afterEach(() => server.close())

function get(path: string, method = "GET"): Promise<{ code: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: server.host, port: server.port, path, method, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (part: string) => {
        text += part
      })
      response.on("end", () =>
        resolve({ code: response.statusCode!, type: response.headers["content-type"]!, text }),
      )
    })
    sent.on("error", reject)
    sent.end()
  })
}

describe("/healthz", () => {
  it("is ok where all is well", async () => {
    const { code, text } = await get("/healthz")
    expect(code).toBe(200)
    expect(JSON.parse(text)).toEqual({
      status: "ok",
      reasons: [],
      sensor: "edge-1",
      version: "1.2.3",
      uptimeSeconds: 60,
      services: { listening: 1, failed: 0 },
    })
  })

  it("is degraded with every reason", async () => {
    status = {
      ...status,
      services: [
        { ...service, name: "Telnet", port: 10_023, state: "failed", reason: "tcp:10023 is in use" },
      ],
      journal: { ...status.journal, unwritten: 12, lost: { hub: 43 } },
      handlers: [{ ...status.handlers[0]!, failing: "connect ECONNREFUSED" }],
      reloadFault: "propolis.yaml has 2 faults",
    }
    const body = JSON.parse((await get("/healthz")).text) as { status: string; reasons: string[] }
    expect(body.status).toBe("degraded")
    expect(body.reasons).toEqual([
      "service Telnet does not listen: tcp:10023 is in use",
      "12 events could not be journaled in the last minutes",
      "log handler file fails: connect ECONNREFUSED",
      "3 events were reclaimed in the last minutes before hub read them",
      "the configuration was not reloaded: propolis.yaml has 2 faults",
    ])
  })

  it("is well again some minutes after the disk had room", async () => {
    status = { ...status, journal: { ...status.journal, unwritten: 12 } }
    expect(JSON.parse((await get("/healthz")).text)).toMatchObject({ status: "degraded" })
    clock.now += 200_000
    expect(JSON.parse((await get("/healthz")).text)).toMatchObject({ status: "degraded" })
    clock.now += 200_000
    expect(JSON.parse((await get("/healthz")).text)).toMatchObject({ status: "ok" })
  })
})

describe("/metrics", () => {
  it("is Prometheus text that a scraper can read", async () => {
    const { code, type, text } = await get("/metrics?x=1")
    expect(code).toBe(200)
    expect(type).toBe("text/plain; version=0.0.4; charset=utf-8")
    expect(text.endsWith("\n")).toBe(true)
    const names = new Set<string>()
    for (const line of text.trimEnd().split("\n")) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) propolis_sensor_[a-z0-9_]+ .+|propolis_sensor_[a-z0-9_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+)$/,
      )
      const declared = /^# TYPE (\S+)/.exec(line)?.[1]
      if (declared !== undefined) {
        expect(names.has(declared)).toBe(false)
        names.add(declared)
      }
    }
    expect(text).toContain(
      'propolis_sensor_service_up{service="Telnet",emulator="telnet",transport="tcp",port="10023"} 1\n',
    )
    expect(text).toContain('propolis_sensor_dropped_connections_total{reason="maxConnections"} 2\n')
    expect(text).toContain("propolis_sensor_sessions_total 7\n")
    expect(text).toContain('propolis_sensor_handler_retries_total{name="file",handler="file"} 1\n')
    expect(text).toMatch(/\npropolis_sensor_process_resident_memory_bytes [0-9]{7,}\n/)
    expect(text).toContain('propolis_sensor_event_loop_delay_seconds{quantile="0.99"}')
  })

  it("escapes label values", () => {
    const text = prometheusText([
      {
        name: "m",
        type: "gauge",
        help: "a\nb",
        samples: [{ labels: { l: 'x"\\\n' }, value: Number.POSITIVE_INFINITY }],
      },
    ])
    expect(text).toBe('# HELP m a\\nb\n# TYPE m gauge\nm{l="x\\"\\\\\\n"} +Inf\n')
    expect(snakeCase("eventsUnjournaled")).toBe("events_unjournaled")
  })
})

it.each([
  ["/", "GET", 404],
  ["/healthz/../x", "GET", 404],
  ["/healthz", "POST", 405],
  ["/metrics", "DELETE", 405],
  ["/healthz", "HEAD", 200],
])("answers %s %s with JSON and %i", async (path, method, code) => {
  const answer = await get(path, method)
  expect(answer.code).toBe(code)
  expect(answer.type).toContain("application/json")
})

it("says LISTEN_FAILED for a port in use", async () => {
  await expect(
    startStatusServer({ host: "127.0.0.1", port: server.port, status: healthy }),
  ).rejects.toMatchObject({ code: "LISTEN_FAILED" })
})

import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { createUuidV7, type WireEvent } from "@propolis/core"

export interface TestHub {
  readonly url: string
  readonly oneTimePassword: { readonly email: string; readonly password: string }
  /** Sends events as a sensor does; fails unless all were accepted. */
  send(events: readonly WireEvent[], key?: { apiId: string; sensorKey: string }): Promise<void>
  /** Asks the hub as its local administrator. */
  ask<T>(path: string): Promise<T>
  close(): Promise<void>
}

export async function startHub(
  dataDir: string,
  pagesDir: string,
  anonymous: "none" | "recent",
): Promise<TestHub> {
  const child = fork(join(import.meta.dirname, "hub-process.ts"), [dataDir, pagesDir, anonymous], {
    // The store's statements run on libuv's pool.
    env: { ...process.env, UV_THREADPOOL_SIZE: "12" },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  const { url, oneTimePassword, adminTokenFile } = await readiness(child)
  const token = (await readFile(adminTokenFile, "utf8")).trim()
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  const made = await fetch(`${url}/api/admin/keys`, { method: "POST", headers, body: "{}" })
  const own = (await made.json()) as { api_id: string; sensor_key: string }
  return {
    url,
    oneTimePassword: oneTimePassword!,
    async send(events, key = { apiId: own.api_id, sensorKey: own.sensor_key }) {
      const response = await fetch(`${url}/api/v2/events`, {
        method: "POST",
        headers: {
          "x-honeydb-apiid": key.apiId,
          "x-honeydb-apikey": key.sensorKey,
          "content-type": "application/x-ndjson",
        },
        body: events.map((event) => `${JSON.stringify(event)}\n`).join(""),
      })
      const answer = (await response.json()) as { accepted?: number }
      if (answer.accepted !== events.length) throw new Error(`${response.status} ${JSON.stringify(answer)}`)
    },
    async ask<T>(path: string) {
      const response = await fetch(url + path, { headers })
      if (!response.ok) throw new Error(`${path}: ${response.status}`)
      return (await response.json()) as T
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.send("close")
      const hard = setTimeout(() => child.kill("SIGKILL"), 10_000)
      await once(child, "exit")
      clearTimeout(hard)
    },
  }
}

type Readiness = Pick<TestHub, "url"> & Partial<Pick<TestHub, "oneTimePassword">> & { adminTokenFile: string }

async function readiness(child: ChildProcess): Promise<Readiness> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the hub ended with ${code} before it was ready`)
  })
  const [message] = (await Promise.race([once(child, "message"), ended])) as [Readiness]
  ended.catch(() => {})
  return message
}

const nextId = createUuidV7({
  now: Date.now,
  random: (count) => crypto.getRandomValues(new Uint8Array(count)),
})
export const newId = nextId

interface Contact {
  readonly remoteHost: string
  readonly service?: string
  readonly protocol?: "TCP" | "UDP"
  readonly startedAt?: number
  /** What the host sends, one event each. */
  readonly received?: readonly Uint8Array[]
  readonly attributes?: Readonly<Record<string, string>>
}

/** The events of one session: it begins, the host sends, the sensor understood something, it ends. */
export function sessionOf({
  remoteHost,
  service = "Telnet",
  protocol = "TCP",
  startedAt = Date.now() - 60_000,
  received = [],
  attributes,
}: Contact): WireEvent[] {
  const session = nextId()
  const steps: Partial<WireEvent>[] = [
    ...(protocol === "TCP" ? [{ event: "CONNECT" as const }] : []),
    ...received.map((bytes) => ({
      event: "RX" as const,
      bytes: bytes.length,
      data: Buffer.from(bytes).toString("base64"),
    })),
    ...(attributes === undefined ? [] : [{ event: "INFO" as const, attributes: { ...attributes } }]),
    ...(protocol === "TCP" ? [{ event: "DISCONNECT" as const }] : []),
  ]
  return steps.map((step, seq) => ({
    v: 1,
    id: nextId(),
    time: startedAt + seq * 20,
    sensor: "sensor-1",
    session,
    seq,
    protocol,
    event: "CONNECT",
    service,
    emulator: service.toLowerCase(),
    localHost: "192.0.2.1",
    localPort: 10_023,
    remoteHost,
    remotePort: 40_000 + (seq % 100),
    bytes: 0,
    ...step,
  }))
}

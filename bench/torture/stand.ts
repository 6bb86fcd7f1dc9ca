/** A hub and a sensor with one echo service, as the torture runs use them: real programs on loopback. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { freePort } from "@propolis/testkit"
import { type RunningProgram, startProgram } from "./processes.ts"

export interface Stand {
  readonly hubData: string
  readonly storeDir: string
  readonly echoPort: number
  readonly hubUrl: string
  startHub(): Promise<RunningProgram>
  startSensor(): Promise<RunningProgram>
  /** Waits until the sensor's hub handler has nothing left and the hub's store has it all. @throws Error after `timeoutMs`. */
  drained(timeoutMs: number): Promise<void>
}

/** Lays out folders, keys and configuration below `folder`, with a log handler for each of `webhooks`. The hub has run once and is running when this returns. */
export async function prepareStand(
  folder: string,
  webhooks: readonly string[] = [],
): Promise<{ stand: Stand; hub: RunningProgram }> {
  const hubData = join(folder, "hub-data")
  const sensorData = join(folder, "sensor-data")
  mkdirSync(sensorData, { recursive: true })
  const [hubPort, echoPort, statusPort] = [await freePort(), await freePort(), await freePort()]
  const startHub = () => startProgram(["hub", "--data", hubData, "--port", String(hubPort)])
  const hub = await startHub()
  const hubUrl = hub.ready.url!
  const token = readFileSync(join(hubData, "hub", "admin-token"), "utf8").trim()
  const answer = await fetch(new URL("/api/admin/keys", hubUrl), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ email: hub.ready.oneTimePassword!.email }),
  })
  if (!answer.ok) throw new Error(`no key: ${answer.status} ${await answer.text()}`)
  const keys = (await answer.json()) as { api_id: string; sensor_key: string }
  const config = join(folder, "propolis.yaml")
  writeFileSync(
    config,
    `sensor:
  id: torture
services:
  Echo:
    emulator: echo
    port: tcp:${echoPort}
    low_port: tcp:7
limits:
  maxConnectionsPerSource: 10000
  maxSessionsPerSecondPerSource: 100000
  maxEventsPerSecond: 100000
handlers:
  hub:
    handler: hub
    options:
      url: ${hubUrl}
      apiId: ${keys.api_id}
      apiKey: ${keys.sensor_key}
${webhooks.map(webhook).join("")}status:
  port: ${statusPort}
`,
    { mode: 0o600 },
  )
  const stand: Stand = {
    hubData,
    storeDir: join(hubData, "hub", "store"),
    echoPort,
    hubUrl,
    startHub,
    startSensor: () => startProgram(["sensor", "-c", config, "--data", sensorData]),
    async drained(timeoutMs) {
      const deadline = performance.now() + timeoutMs
      let [sensor, store] = ["unknown", "unknown"]
      while (performance.now() < deadline) {
        sensor = await metric(
          statusPort,
          /^propolis_sensor_handler_lag\{[^}]*handler="hub"[^}]*\} ([0-9]+)$/m,
        )
        store = await metric(hubPort, /^propolis_hub_loader_lag ([0-9]+)$/m)
        if (sensor === "0" && store === "0") return
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      throw new Error(`after ${timeoutMs} ms ${sensor} events wait in the sensor and ${store} in the hub`)
    },
  }
  return { stand, hub }
}

function webhook(url: string, i: number): string {
  return `  webhook-${i + 1}:\n    handler: webhook\n    options:\n      url: ${url}\n      format: ndjson\n`
}

async function metric(port: number, pattern: RegExp): Promise<string> {
  try {
    return pattern.exec(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())?.[1] ?? "unknown"
  } catch {
    return "unreachable"
  }
}

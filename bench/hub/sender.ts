/** A client that sends batches over HTTP as the sensor's hub log handler does. */
import { Agent, request } from "node:http"
import { zstdCompressSync } from "node:zlib"
import { encodeEvent } from "@propolis/core"
import { generateEvents } from "@propolis/testkit"

export interface Batch {
  readonly body: Buffer
  readonly count: number
  readonly ids: readonly string[]
}

/** Batches of `size` events, compressed beforehand, so that a measurement does not pay for making them. */
export function* makeBatches(seed: number, count: number, size: number): Generator<Batch, void, undefined> {
  const to = Date.now()
  let lines: string[] = []
  let ids: string[] = []
  const batch = (): Batch => {
    const made = { body: zstdCompressSync(Buffer.from(`${lines.join("\n")}\n`)), count: lines.length, ids }
    lines = []
    ids = []
    return made
  }
  const sensors = [`bench-${seed}`]
  for (const event of generateEvents({ seed, count, from: to - 3_600_000, to, hosts: 20_000, sensors })) {
    lines.push(encodeEvent(event))
    ids.push(event.id)
    if (lines.length === size) yield batch()
  }
  if (lines.length > 0) yield batch()
}

export interface Target {
  readonly url: string
  readonly apiId?: string
  readonly sensorKey?: string
}

/** Resolves to the status code. @throws Error where the connection breaks. */
export function sendBatch(target: Target, agent: Agent, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${target.url}/api/v2/events`,
      {
        method: "POST",
        agent,
        headers: {
          "content-type": "application/x-ndjson",
          "content-encoding": "zstd",
          "content-length": body.length,
          "x-honeydb-apiid": target.apiId ?? "",
          "x-honeydb-apikey": target.sensorKey ?? "",
        },
      },
      (response) => {
        response.on("error", reject)
        response.on("end", () => resolve(response.statusCode ?? 0))
        response.resume()
      },
    )
    outgoing.on("error", reject)
    outgoing.end(body)
  })
}

/** Sends all batches, some at a time. Resolves to the seconds until the last one was acknowledged. */
export async function sendAll(target: Target, batches: readonly Batch[], atOnce: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  let next = 0
  const started = performance.now()
  const send = async () => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      for (;;) {
        const status = await sendBatch(target, agent, batch.body)
        if (status === 200) break
        if (status !== 503 && status !== 429) throw new Error(`${target.url} answered ${status}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, send))
  const seconds = (performance.now() - started) / 1000
  agent.destroy()
  return seconds
}

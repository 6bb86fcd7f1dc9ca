/** Fills a scratch hub with generated events, through its front door, and goes on with a trickle. */
import { promisify } from "node:util"
import { zstdCompress } from "node:zlib"
import { encodeEvent, type SensorEvent } from "@propolis/core"
import { generateEvents } from "@propolis/testkit"
import type { KeyPair } from "./commands/keys.ts"

const compress = promisify(zstdCompress)
const dayMs = 86_400_000
const batchEvents = 5_000

export interface FillOptions {
  readonly url: string
  readonly keys: KeyPair
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  /** Events of the two weeks before now. */
  readonly count?: number
}

/** Resolves once the past is filled; the trickle goes on until `signal` aborts. */
export async function fillWithGeneratedEvents(options: FillOptions): Promise<void> {
  const { signal, say, count = 200_000 } = options
  const now = Date.now()
  let sent = 0
  let batch: SensorEvent[] = []
  const flush = async () => {
    await post(options, batch)
    sent += batch.length
    batch = []
  }
  for (const event of generateEvents({ seed: 4040, count, from: now - 14 * dayMs, to: now })) {
    if (signal.aborted) return
    if (batch.push(event) === batchEvents) {
      await flush()
      if (sent % 50_000 === 0)
        say(`  demo: ${sent.toLocaleString("en")} of ${count.toLocaleString("en")} generated events`)
    }
  }
  if (batch.length > 0) await flush()
  say(`  demo: ${sent.toLocaleString("en")} generated events are in; more come every few seconds`)
  void trickle(options)
}

async function trickle(options: FillOptions): Promise<void> {
  for (let i = 0; !options.signal.aborted; i++) {
    const to = Date.now()
    try {
      await post(options, [...generateEvents({ seed: to + i, count: 6, from: to - 2_000, to })])
    } catch (error) {
      if (!options.signal.aborted) options.say(`  demo: ${(error as Error).message}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 2_000).unref())
  }
}

async function post({ url, keys, signal }: FillOptions, events: readonly SensorEvent[]): Promise<void> {
  const body = await compress(events.map((event) => `${encodeEvent(event)}\n`).join(""))
  const answer = await fetch(new URL("/api/v2/events", url), {
    method: "POST",
    headers: {
      "X-HoneyDb-ApiId": keys.api_id,
      "X-HoneyDb-ApiKey": keys.sensor_key,
      "Content-Type": "application/x-ndjson",
      "Content-Encoding": "zstd",
    },
    body,
    signal,
  })
  if (!answer.ok) throw new Error(`the hub answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
}

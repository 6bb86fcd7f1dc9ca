/**
 * kill -9 of the hub at random moments under ingest, by clients that send again what was not acknowledged: nothing
 * acknowledged is lost, nothing is stored twice, rollups equal raw counts, sequences rise.
 */
import { join } from "node:path"
import { openStore } from "@propolis/hub"
import { startChild } from "../hub/child.ts"
import type { HubReady } from "../hub/hub-process.ts"
import { readMetrics } from "../hub/metrics.ts"
import { IngestLane } from "./ingest-lane.ts"
import { numberOption, report, scratchFolder } from "./processes.ts"

const hubScript = "hub/hub-process.ts"

export async function run(args: string[]): Promise<number> {
  const runs = numberOption(args, "runs", 20)
  const laneCount = numberOption(args, "clients", 4)
  const folder = scratchFolder("hub-kill")
  const dataDir = join(folder.path, "hub")
  try {
    const lanes = Array.from({ length: laneCount }, (_, i) => new IngestLane(i + 1))
    for (let i = 1; i <= runs; i++) {
      const hub = await startChild<HubReady>(hubScript, [dataDir, "0"])
      const sending = lanes.map((lane) => lane.sendUntilRefused(hub.first))
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 2_000))
      await hub.kill()
      await Promise.all(sending)
      const acknowledged = lanes.reduce((sum, lane) => sum + lane.acknowledged.length, 0)
      console.log(`  kill ${i}/${runs}: ${acknowledged} acknowledged so far`)
    }
    const hub = await startChild<HubReady>(hubScript, [dataDir, "0"])
    for (const lane of lanes) await lane.sendPending(hub.first)
    await drained(hub.first.url)
    await hub.stop()
    return await judge(join(dataDir, "store"), lanes, runs)
  } finally {
    folder.remove()
  }
}

async function drained(url: string): Promise<void> {
  while ((await readMetrics(url)).value("loader_lag") > 0)
    await new Promise((resolve) => setTimeout(resolve, 100))
}

async function judge(storeDir: string, lanes: readonly IngestLane[], runs: number): Promise<number> {
  const store = await openStore({ dir: storeDir, log: () => {} })
  try {
    const stored = new Map<string, string[]>()
    const sequences: number[] = []
    const rows = store.stream("SELECT toString(id), sensor, sequence FROM events ORDER BY sequence")
    for await (const some of rows) {
      for (const [id, sensor, sequence] of some as [string, string, number][]) {
        const ids = stored.get(sensor)
        if (ids === undefined) stored.set(sensor, [id])
        else ids.push(id)
        sequences.push(sequence)
      }
    }
    const all = new Set([...stored.values()].flat())
    const acknowledged = lanes.flatMap((lane) => lane.acknowledged)
    const lost = acknowledged.filter((id) => !all.has(id)).length
    const risesStrictly = (list: readonly (string | number)[]) =>
      list.every((value, i) => i === 0 || value > list[i - 1]!)
    const outOfOrder = [...stored.values()].filter((ids) => !risesStrictly(ids)).length
    const uneven = (await unevenRollups(store)).map(({ name, events, raw }) => `${name} ${events}≠${raw}`)
    return report(`hub-kill: ${runs} kills, ${lanes.length} clients`, [
      ["clients were acknowledged", acknowledged.length > runs, `${acknowledged.length} events`],
      ["nothing acknowledged is lost", lost === 0, `${lost} lost`],
      [
        "nothing is stored twice",
        all.size === sequences.length,
        `${sequences.length} events, ${all.size} ids`,
      ],
      ["rollups equal raw counts", uneven.length === 0, uneven.join(", ") || "all equal"],
      ["sequences rise strictly", risesStrictly(sequences), `1 to ${sequences.at(-1)}`],
      [
        "each sensor's events are in its order",
        outOfOrder === 0,
        `${outOfOrder} of ${stored.size} out of order`,
      ],
    ])
  } finally {
    await store.close()
  }
}

/** Rollups whose sums differ from what the raw events say, in all and cell by cell. */
async function unevenRollups(store: Awaited<ReturnType<typeof openStore>>) {
  const begins = "countIf(event = 'CONNECT' OR (protocol = 'UDP' AND seq = 0))"
  const cells: [name: string, sql: string][] = [
    [
      "activity_hourly",
      "SELECT toStartOfHour(time) AS hour, event, protocol, count() AS n FROM events GROUP BY hour, event, protocol EXCEPT SELECT hour, event, protocol, sum(events) AS n FROM activity_hourly GROUP BY hour, event, protocol",
    ],
    [
      "hosts_hourly",
      `SELECT toStartOfHour(time) AS hour, remote_host, count() AS n, ${begins} AS c FROM events GROUP BY hour, remote_host EXCEPT SELECT hour, remote_host, sum(events) AS n, sum(connections) AS c FROM hosts_hourly GROUP BY hour, remote_host`,
    ],
    [
      "service_hosts_hourly",
      "SELECT lower(service) AS key, remote_host, count() AS n FROM events GROUP BY key, remote_host EXCEPT SELECT service_key AS key, remote_host, sum(events) AS n FROM service_hosts_hourly GROUP BY key, remote_host",
    ],
    [
      "sessions",
      "SELECT session, count() AS n, sumIf(bytes, event = 'RX') AS b FROM events GROUP BY session EXCEPT SELECT session, sum(events) AS n, sum(bytes_received) AS b FROM sessions GROUP BY session",
    ],
  ]
  const uneven: { name: string; events: number; raw: number }[] = []
  for (const [name, sql] of cells) {
    const [row] = await store.query<{ n: number }>(`SELECT count() AS n FROM (${sql})`)
    if (row!.n > 0) uneven.push({ name: `${name} cells`, events: row!.n, raw: 0 })
  }
  for (const name of [
    "activity_hourly",
    "hosts_hourly",
    "services_hourly",
    "service_hosts_hourly",
    "host_days",
    "hosts_daily",
    "sessions",
    "sensors",
  ]) {
    const [row] = await store.query<{ events: number; raw: number }>(
      `SELECT (SELECT sum(events) FROM ${name}) AS events, (SELECT count() FROM events) AS raw`,
    )
    if (row!.events !== row!.raw) uneven.push({ name, ...row! })
  }
  const [payloads] = await store.query<{ events: number; raw: number }>(
    "SELECT (SELECT sum(events) FROM payloads) AS events, (SELECT countIf(notEmpty(data)) FROM events) AS raw",
  )
  if (payloads!.events !== payloads!.raw) uneven.push({ name: "payloads", ...payloads! })
  return uneven
}

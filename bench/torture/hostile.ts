/**
 * Hostile peers: floods, crowds, slow clients, random bytes on every port. The process stays up, others
 * are served meanwhile, its memory comes back, and what it journaled is whole.
 */
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { decodeTrustedEvent } from "@propolis/core"
import { openJournal } from "@propolis/journal"
import { hostRuntime } from "../../packages/sensor/src/host/runtime.ts"
import { type MeasuredServer, startServer } from "../sensor/measured-process.ts"
import type { ListeningPort } from "../yardstick/usage.ts"
import { crowd, dawdle, flood, inEarnest, noise, type Scale, warmUp } from "./attacks.ts"
import { type Probe, startProbe } from "./probe.ts"
import { numberOption, report, scratchFolder } from "./processes.ts"

/** Memory may be so much larger than before, once everything has settled. */
const maxGrowth = 1.2
const mebibyte = 1024 ** 2

type Check = readonly [what: string, ok: boolean, seen: string]

export async function run(args: string[]): Promise<number> {
  const settleSeconds = numberOption(args, "settle", 60)
  const folder = scratchFolder("hostile")
  const checks: Check[] = []
  const sensor = await startServer("torture/hostile-sensor.ts", [folder.path], hostRuntime)
  try {
    console.log(`  ports: ${sensor.services.map(({ name, port }) => `${name} ${port}`).join(", ")}`)
    const probe = startProbe(sensor.port)
    // What is compiled, grown and kept on first use is not a leak: the same attacks, smaller, come first.
    await attackAll(sensor, probe, warmUp)
    const before = (await settled(sensor, settleSeconds, 0)).rssBytes
    checks.push(...(await attackAll(sensor, probe, inEarnest)))
    const after = await settled(sensor, settleSeconds, before * maxGrowth)
    await probe.stop()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const { counters } = await sensor.usage()
    const growth = after.rssBytes / before
    checks.push(
      ["the process is up", sensor.isRunning, sensor.isRunning ? "yes" : "no"],
      ["no emulator failed", counters.faults === 0, `${counters.faults} faults`],
      [
        `memory returns to within ${Math.round((maxGrowth - 1) * 100)} % of before`,
        growth <= maxGrowth,
        `${megabytes(before)} before, ${megabytes(after.rssBytes)} after (× ${growth.toFixed(2)})`,
      ],
      ["no connection is left", counters.openConnections === 0, `${counters.openConnections} open`],
      ["every event was journaled", counters.eventsUnjournaled === 0, `${counters.events} events`],
    )
    await sensor.stop()
    checks.push(await journalIsWhole(folder.path))
    return report("hostile", checks)
  } finally {
    await sensor.stop()
    folder.remove()
  }
}

async function attackAll(sensor: MeasuredServer, probe: Probe, scale: Scale): Promise<Check[]> {
  const tcp = sensor.services.filter((service) => service.transport === "tcp")
  const checks: Check[] = []
  const during = async (name: string, attack: () => Promise<string>) => {
    const start = probe.look()
    const seen = await attack()
    const { served, failed, slowestMs } = probe.look()
    const meanwhile = `${served - start.served} served, ${failed - start.failed} failed, slowest ${slowestMs} ms`
    const ok = sensor.isRunning && failed === start.failed && served > start.served
    checks.push([`${name}: others are served`, ok, `${seen}; meanwhile ${meanwhile}`])
  }
  await during(`${scale.floodBytes / mebibyte} MiB without a newline on every TCP port`, async () => {
    let taken = 0
    for (const service of tcp) taken += await flood(service, scale.floodBytes)
    return `${megabytes(taken)} taken by ${tcp.length} ports`
  })
  const [crowded] = tcp as [ListeningPort, ...ListeningPort[]]
  await during(`${scale.connections} connections from one source`, async () => {
    return `${await crowd(crowded, scale.connections)} stayed open`
  })
  await during(`${scale.slowClients} slow clients`, async () => {
    return `${await dawdle(tcp, scale.slowClients, scale.slowSeconds)} open at the end`
  })
  await during("random bytes on every port", async () => {
    const until = performance.now() + scale.noiseSeconds * 1_000
    let times = 0
    for (; performance.now() < until; times++) {
      await Promise.all(sensor.services.map((service) => noise(service, scale.randomRounds, randomBytes)))
    }
    return `${sensor.services.length} ports, ${times * scale.randomRounds} connections or clients each`
  })
  return checks
}

/** Waits until nothing is open and memory is below `goal`, or no longer falls; the probe's traffic keeps the collector awake. */
async function settled(sensor: MeasuredServer, withinSeconds: number, goal: number) {
  let lowest = await sensor.usage()
  let sinceLower = 0
  for (let second = 0; second < withinSeconds && sinceLower < 15; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const usage = await sensor.usage()
    sinceLower++
    if (
      usage.rssBytes < lowest.rssBytes * 0.99 ||
      usage.counters.openConnections! < lowest.counters.openConnections!
    ) {
      sinceLower = 0
    }
    lowest = usage
    if (usage.rssBytes <= goal && usage.counters.openConnections! <= 1) break
  }
  return lowest
}

async function journalIsWhole(folder: string): Promise<Check> {
  const journal = await openJournal({ dir: join(folder, "journal") })
  const cursor = await journal.cursor("check")
  const next = new Map<string, number>()
  let events = 0
  let gaps = 0
  for (;;) {
    const slice = await cursor.read({ maxRecords: 10_000, maxBytes: 16 * mebibyte })
    if (slice === undefined) break
    for (const line of Buffer.from(slice.ndjson).toString().split("\n")) {
      if (line === "") continue
      const event = decodeTrustedEvent(line)
      events++
      if (event.seq !== (next.get(event.session) ?? 0)) gaps++
      next.set(event.session, event.seq + 1)
    }
  }
  await journal.close()
  return ["no session has a gap", gaps === 0, `${next.size} sessions, ${events} events, ${gaps} gaps`]
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/**
 * `npm run bench -- sensor [--quick]`: the sensor against a bare Node server that appends one JSON line
 * per event, the same load on both, in turn. Writes bench/results/sensor.json.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os"
import { join } from "node:path"
import { hostRuntime } from "../packages/sensor/src/host/runtime.ts"
import {
  type Generator,
  type MeasuredServer,
  startGenerator,
  startServer,
} from "./sensor/measured-process.ts"

interface Plan {
  readonly rounds: number
  readonly connections: number
  readonly idle: number
  readonly datagrams: number
}

const fullPlan: Plan = { rounds: 5, connections: 15_000, idle: 6_000, datagrams: 120_000 }
const quickPlan: Plan = { rounds: 3, connections: 5_000, idle: 3_000, datagrams: 40_000 }

/** Clients at once: enough to keep the server busy, few enough that the generator does not starve it. */
const clients = 64
const udpSockets = 8
const datagramsAtOnce = 8
const eventsPerConnection = 4
const eventsPerDatagram = 2

interface Sample {
  readonly perSecond: number
  readonly cpuMicroseconds: number
  readonly failed: number
  readonly lost: number
}

interface Comparison {
  readonly name: string
  readonly unit: string
  readonly yardstick: number
  readonly sensor: number
  readonly ratio: number
  readonly bar: string
  readonly met: boolean
}

export async function run(args: string[]): Promise<number> {
  const plan = args.includes("--quick") ? quickPlan : fullPlan
  const folder = mkdtempSync(join(tmpdir(), "propolis-bench-sensor-"))
  const generator = startGenerator()
  try {
    const tcp = await compareTcp(plan, folder, generator)
    const idle = await compareIdle(plan, folder, generator)
    const udp = await compareUdp(plan, folder, generator)
    const rows = [...tcp.rows, idle, ...udp.rows]
    const lost = tcp.lost + udp.lost
    rows.push({
      name: "events lost",
      unit: "events",
      yardstick: 0,
      sensor: lost,
      ratio: 0,
      bar: "0",
      met: lost === 0,
    })
    print(rows)
    write(rows, plan)
    return rows.every((row) => row.met) ? 0 : 1
  } finally {
    await generator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compareTcp(
  plan: Plan,
  folder: string,
  generator: Generator,
): Promise<{ rows: Comparison[]; lost: number }> {
  const bare = await startServer("yardstick/tcp-echo.ts", [join(folder, "tcp.ndjson")])
  const sensor = await startServer("sensor/sensor-echo.ts", ["tcp", join(folder, "tcp")], hostRuntime)
  try {
    const load = (server: MeasuredServer) =>
      measure(server, plan.connections, eventsPerConnection, () =>
        generator.run({ kind: "connections", port: server.port, count: plan.connections, atOnce: clients }),
      )
    const { a, b } = await alternate(
      plan.rounds,
      () => load(bare),
      () => load(sensor),
    )
    return {
      lost: sum(b.map((sample) => sample.lost)),
      rows: speedRows("TCP connections", "connection", a, b, 0.7),
    }
  } finally {
    await bare.stop()
    await sensor.stop()
  }
}

/** In processes of their own: one that was busy before has memory to spare and would seem to need none. */
async function compareIdle(plan: Plan, folder: string, generator: Generator): Promise<Comparison> {
  const bare = await startServer("yardstick/tcp-echo.ts", [join(folder, "idle.ndjson")])
  const sensor = await startServer("sensor/sensor-echo.ts", ["tcp", join(folder, "idle")], hostRuntime)
  try {
    const yardstick = await idleBytes(bare, plan.idle, generator)
    const bytes = await idleBytes(sensor, plan.idle, generator)
    return {
      name: "memory per idle TCP connection",
      unit: "bytes",
      yardstick,
      sensor: bytes,
      ratio: bytes / yardstick,
      bar: "≤ 10240",
      met: bytes <= 10_240,
    }
  } finally {
    await bare.stop()
    await sensor.stop()
  }
}

async function compareUdp(
  plan: Plan,
  folder: string,
  generator: Generator,
): Promise<{ rows: Comparison[]; lost: number }> {
  const bare = await startServer("yardstick/udp-echo.ts", [join(folder, "udp.ndjson")])
  const sensor = await startServer("sensor/sensor-echo.ts", ["udp", join(folder, "udp")], hostRuntime)
  try {
    const order = {
      kind: "datagrams",
      count: plan.datagrams,
      sockets: udpSockets,
      atOnce: datagramsAtOnce,
    } as const
    const load = (server: MeasuredServer) =>
      measure(server, plan.datagrams, eventsPerDatagram, () => generator.run({ ...order, port: server.port }))
    const { a, b } = await alternate(
      plan.rounds,
      () => load(bare),
      () => load(sensor),
    )
    return {
      lost: sum(b.map((sample) => sample.lost)),
      rows: speedRows("UDP datagrams", "datagram", a, b, 0.6),
    }
  } finally {
    await bare.stop()
    await sensor.stop()
  }
}

/** A B A B …, after one round of each that does not count: it warms up the compiler. */
async function alternate(
  rounds: number,
  first: () => Promise<Sample>,
  second: () => Promise<Sample>,
): Promise<{ a: Sample[]; b: Sample[] }> {
  await first()
  await second()
  const a: Sample[] = []
  const b: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    a.push(await first())
    b.push(await second())
  }
  return { a, b }
}

async function measure(
  server: MeasuredServer,
  count: number,
  eventsEach: number,
  load: () => Promise<{ seconds: number; completed: number; failed: number }>,
): Promise<Sample> {
  const before = await server.usage()
  const { seconds, completed, failed } = await load()
  await pause(100)
  const after = await server.usage()
  // Events of the journal itself, not of the host's counters; the yardstick has no such number.
  const journaled = (after.counters.journaled ?? Number.NaN) - (before.counters.journaled ?? Number.NaN)
  return {
    perSecond: completed / seconds,
    cpuMicroseconds: ((after.cpuMs - before.cpuMs) * 1_000) / count,
    failed,
    lost: Number.isNaN(journaled) ? 0 : Math.max(0, completed * eventsEach - journaled),
  }
}

/** Resident bytes by which the server grows per connection that is open and says nothing. */
async function idleBytes(server: MeasuredServer, count: number, generator: Generator): Promise<number> {
  // Code and buffers that the first connections need are not theirs.
  await generator.run({ kind: "connections", port: server.port, count: 200, atOnce: 8 })
  await pause(1_000)
  const before = await server.usage()
  const { completed } = await generator.run({ kind: "idle", port: server.port, count })
  await pause(1_000)
  const after = await server.usage()
  await generator.run({ kind: "release" })
  return (after.rssBytes - before.rssBytes) / completed
}

function speedRows(what: string, each: string, a: Sample[], b: Sample[], bar: number): Comparison[] {
  const speedOf = (samples: Sample[]) => median(samples.map((sample) => sample.perSecond))
  const cpuOf = (samples: Sample[]) => median(samples.map((sample) => sample.cpuMicroseconds))
  // Of neighbours in time: what else the machine does touches both.
  const ratio = median(b.map((sample, i) => sample.perSecond / a[i]!.perSecond))
  const row = { yardstick: speedOf(a), sensor: speedOf(b), ratio, bar: `≥ ${bar}`, met: ratio >= bar }
  return [
    { name: what, unit: "per second", ...row },
    {
      name: `CPU per ${each}`,
      unit: "µs",
      yardstick: cpuOf(a),
      sensor: cpuOf(b),
      ratio: cpuOf(b) / cpuOf(a),
      bar: "–",
      met: true,
    },
  ]
}

function print(rows: readonly Comparison[]): void {
  console.table(
    rows.map((row) => ({
      what: row.name,
      unit: row.unit,
      bare: Math.round(row.yardstick),
      sensor: Math.round(row.sensor),
      ratio: Number(row.ratio.toFixed(2)),
      bar: row.bar,
      met: row.met,
    })),
  )
}

function write(rows: readonly Comparison[], plan: Plan): void {
  const folder = join(import.meta.dirname, "results")
  mkdirSync(folder, { recursive: true })
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    date: new Date().toISOString(),
  }
  writeFileSync(join(folder, "sensor.json"), `${JSON.stringify({ machine, plan, rows }, null, 2)}\n`)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]!
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

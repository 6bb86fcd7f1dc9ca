/** Events as sensors would send them: deterministic, many, and shaped like life. */
import { createUuidV7, type SensorEvent } from "@propolis/core"
import { drawAddresses, type SourceRange } from "./addresses.ts"
import { noPayload, type Payload } from "./payloads.ts"
import { createRandom, createZipf, type Random } from "./random.ts"
import { sessionSteps } from "./scripts.ts"
import { type GeneratedService, generatedServices } from "./services.ts"

export interface GeneratorOptions {
  /** The same options give the same events. */
  readonly seed: number
  /** How many events; the last session may be cut. */
  readonly count: number
  /** First moment, Unix ms. */
  readonly from: number
  /** End, exclusive, Unix ms. */
  readonly to: number
  /** Different sources. Default 20,000. */
  readonly hosts?: number
  /** Skew of the hosts; 1 is Zipf's law. Default 1.05. */
  readonly hostSkew?: number
  readonly services?: readonly GeneratedService[]
  /** Names of the sensors. Default three. */
  readonly sensors?: readonly string[]
  /** Default `mixed`. */
  readonly sources?: SourceRange
}

const hourMs = 3_600_000

/** Sessions one after another, their starts rising over the span with the rhythm of a day; ids rise strictly. */
export function* generateEvents(options: GeneratorOptions): Generator<SensorEvent, void, undefined> {
  const { seed, count, from, to } = options
  if (!(to > from)) throw new RangeError("the span is empty")
  const random = createRandom(seed)
  const hosts = drawAddresses(random, options.hosts ?? 20_000, options.sources ?? "mixed")
  const drawHost = createZipf(random, hosts.length, options.hostSkew ?? 1.05)
  const services = options.services ?? generatedServices
  const drawService = weighted(random, services)
  const sensors = options.sensors ?? ["sensor-a", "sensor-b", "sensor-c"]
  let clock = from
  const nextId = createUuidV7({ now: () => clock, random: (n) => random.bytes(n) })

  for (let made = 0; made < count; ) {
    const service = drawService()
    const rank = drawHost()
    const sensor = random.below(sensors.length)
    const tcp = service.protocol === "TCP"
    const session = randomUuid(random)
    const remotePort = 1024 + random.below(64_000)
    let time = startOf(made / count, from, to)
    let seq = 0
    const event = (
      kind: SensorEvent["event"],
      what: Payload,
      attributes: SensorEvent["attributes"],
    ): SensorEvent => {
      clock = time
      const made: SensorEvent = {
        id: nextId(),
        time,
        sensor: sensors[sensor]!,
        session,
        seq: seq++,
        protocol: service.protocol,
        event: kind,
        service: service.name,
        emulator: service.emulator,
        localHost: `10.0.0.${sensor + 1}`,
        localPort: service.port < 1024 ? service.port + 10_000 : service.port,
        remoteHost: hosts[rank]!,
        remotePort,
        bytes: what.data.length,
        data: what.data,
        sha256: what.sha256,
        attributes,
      }
      time = Math.min(to - 1, time + random.below(700))
      return made
    }
    if (tcp) {
      yield event("CONNECT", noPayload, {})
      if (++made === count) return
    }
    for (const step of sessionSteps(random, service)) {
      yield event(step.kind, step.payload, step.attributes as SensorEvent["attributes"])
      if (++made === count) return
    }
    if (tcp) {
      yield event("DISCONNECT", noPayload, {})
      made++
    }
  }
}

/** Bends progress so that nights (UTC) are quieter than days. */
function startOf(progress: number, from: number, to: number): number {
  const plain = from + progress * (to - from)
  const bent = plain + 2.4 * hourMs * Math.sin((plain / (24 * hourMs)) * 2 * Math.PI)
  return Math.floor(Math.min(to - 1, Math.max(from, bent)))
}

function weighted(random: Random, services: readonly GeneratedService[]): () => GeneratedService {
  let total = 0
  const ends = services.map((service) => {
    total += service.weight
    return total
  })
  return () => {
    const target = random.unit() * total
    return services[ends.findIndex((end) => end > target)]!
  }
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

function randomUuid(random: Random): string {
  const b = random.bytes(16)
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  const h = (from: number, to: number) => {
    let text = ""
    for (let i = from; i < to; i++) text += hex[b[i]!]
    return text
  }
  return `${h(0, 4)}-${h(4, 6)}-${h(6, 8)}-${h(8, 10)}-${h(10, 16)}`
}

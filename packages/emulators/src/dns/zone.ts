/** The persona's zone: the few names a small company has. The same persona always gives the same answers. */
import { bytesFromText, concatBytes, type Persona, parseAddress } from "@propolis/core"
import { labelsOf, nameBytes, type ResourceRecord } from "../codecs/dns/message.ts"
import { dnsClass, type } from "../codecs/dns/numbers.ts"

export interface Zone {
  readonly origin: readonly string[]
  readonly soa: ResourceRecord
  readonly nameServer: readonly string[]
  /** Records by lower-case name text; `undefined` where the zone has no such name. */
  records(name: readonly string[]): readonly ResourceRecord[] | undefined
}

const ttlSeconds = 3_600

export function buildZone(persona: Persona, zoneName: string, address: string): Zone {
  const origin = labelsOf(zoneName.toLowerCase())
  const own = addressBytes(persona, address)
  const below = (label: string) => [label, ...origin]
  const make = (name: readonly string[], code: number, data: Uint8Array): ResourceRecord => ({
    name,
    type: code,
    class: dnsClass.IN,
    ttl: ttlSeconds,
    data,
  })
  const neighbour = (label: string) => {
    const [offset = 0] = persona.derive(`dns/${label}`, 1)
    return Uint8Array.of(own[0]!, own[1]!, own[2]!, 1 + (offset % 254))
  }
  const nameServer = below("ns1")
  const installed = new Date(persona.installedAt)
  const [change = 0] = persona.derive("dns/serial", 1)
  const serial =
    installed.getUTCFullYear() * 1_000_000 +
    (installed.getUTCMonth() + 1) * 10_000 +
    installed.getUTCDate() * 100 +
    (change % 10)
  const numbers = new Uint8Array(20)
  const view = new DataView(numbers.buffer)
  for (const [index, value] of [serial, 3_600, 900, 604_800, ttlSeconds].entries())
    view.setUint32(index * 4, value)
  const soa = make(
    origin,
    type.SOA,
    concatBytes([nameBytes(nameServer), nameBytes(below("hostmaster")), numbers]),
  )
  const text = (value: string) => concatBytes([Uint8Array.of(value.length), bytesFromText(value)])
  const hosts = [
    make(origin, type.NS, nameBytes(nameServer)),
    make(origin, type.A, own),
    make(origin, type.MX, concatBytes([Uint8Array.of(0, 10), nameBytes(below("mail"))])),
    make(origin, type.TXT, text("v=spf1 mx -all")),
    make(nameServer, type.A, own),
    make(below("mail"), type.A, neighbour("mail")),
    make(below("www"), type.CNAME, nameBytes(origin)),
    make(below(persona.hostName.toLowerCase()), type.A, own),
    make(below("vpn"), type.A, neighbour("vpn")),
  ]
  const byName = new Map<string, ResourceRecord[]>()
  for (const record of [soa, ...hosts]) {
    const key = record.name.join(".")
    byName.set(key, [...(byName.get(key) ?? []), record])
  }
  return { origin, soa, nameServer, records: (name) => byName.get(name.join(".").toLowerCase()) }
}

/** The address that names lead to: the option, or a private one that the persona derives: no stranger is ever named. */
function addressBytes(persona: Persona, address: string): Uint8Array {
  const given = parseAddress(address)
  if (given?.length === 4) return given
  const [last = 0] = persona.derive("dns/address", 1)
  return Uint8Array.of(10, 20, 30, 1 + (last % 254))
}

import { createHash } from "node:crypto"
import { type Connection, concatBytes, defineEmulator, type SessionHandlers } from "@propolis/core"
import { z } from "zod"
import { headerBytes, textOfName } from "../codecs/dns/message.ts"
import { className, typeName } from "../codecs/dns/numbers.ts"
import { answerAsBind, type BindSettings } from "./bind.ts"
import { buildZone } from "./zone.ts"

const options = z.strictObject({
  zone: z.string().max(200).default("").describe("Zone that is served; empty: the persona's domain."),
  address: z
    .union([z.literal(""), z.ipv4()])
    .default("")
    .describe("IPv4 address that the zone's names lead to; empty: a private one of the persona's own."),
  version: z
    .string()
    .max(200)
    .default("auto")
    .describe("Answer to `version.bind`; `auto`: the persona's; empty: refused."),
})
type Options = z.infer<typeof options>

/** A name server: bind9 with recursion off, authority of the persona's zone. */
export const dns = defineEmulator({
  name: "dns",
  title: "DNS (BIND 9)",
  interaction: "medium",
  transports: { tcp: 53, udp: 53 },
  options,
  open(connection, opened) {
    return connection.transport === "tcp" ? openTcp(connection, opened) : openUdp(connection, opened)
  },
})

function settingsOf(connection: Connection, options: Options): BindSettings {
  const { persona, transport, peer } = connection
  const product = persona.products.dns ?? { version: "9.18.28", extra: "1~deb12u2-Debian" }
  const version = product.extra === undefined ? product.version : `${product.version}-${product.extra}`
  return {
    zone: buildZone(persona, options.zone || persona.domain, options.address),
    version: options.version === "auto" ? version : options.version,
    hostName: persona.hostName,
    transport,
    cookie(client) {
      const head = new Uint8Array(8)
      head[0] = 1
      new DataView(head.buffer).setUint32(4, Math.floor(connection.now() / 1_000))
      const secret = persona.derive("dns/cookie", 16)
      const digest = createHash("sha256")
        .update(secret)
        .update(client)
        .update(head)
        .update(peer.host)
        .digest()
      return concatBytes([head, digest.subarray(0, 8)])
    },
  }
}

function answer(connection: Connection, bytes: Uint8Array, settings: BindSettings): Uint8Array | undefined {
  const { reply, question } = answerAsBind(bytes, settings)
  if (question !== undefined) {
    connection.record({
      dnsName: textOfName(question.name),
      dnsType: typeName(question.type),
      dnsClass: className(question.class),
    })
  }
  return reply
}

function openUdp(connection: Connection, options: Options): SessionHandlers {
  const settings = settingsOf(connection, options)
  return {
    datagram(bytes) {
      const reply = answer(connection, bytes, settings)
      if (reply !== undefined) connection.send(reply)
    },
  }
}

/** Messages behind their length (RFC 1035 §4.2.2), answered one after the other; named closes idle connections after 30 s. */
function openTcp(connection: Connection, options: Options): SessionHandlers {
  const settings = settingsOf(connection, options)
  let length = -1
  let high = -1
  let message = new Uint8Array(0)
  let filled = 0
  let over = false
  let idle = connection.after(idleMs, () => connection.end())
  const finish = () => {
    over = true
    idle.cancel()
    connection.end()
  }
  const complete = () => {
    const reply = answer(connection, message, settings)
    length = -1
    high = -1
    filled = 0
    if (reply === undefined) return finish()
    connection.send(concatBytes([Uint8Array.of(reply.length >>> 8, reply.length & 0xff), reply]))
  }
  return {
    data(bytes) {
      for (let offset = 0; offset < bytes.length && !over; ) {
        if (length >= 0) {
          const part = bytes.subarray(offset, offset + length - filled)
          message.set(part, filled)
          filled += part.length
          offset += part.length
          if (filled === length) complete()
        } else if (high < 0) high = bytes[offset++]!
        else {
          length = high * 256 + bytes[offset++]!
          if (length < headerBytes) return finish()
          message = new Uint8Array(length)
        }
      }
      if (over) return
      idle.cancel()
      idle = connection.after(idleMs, finish)
    },
  }
}

const idleMs = 30_000

/** What happens between CONNECT and DISCONNECT, by kind of service. */
import type { EventKind, RecordedAttributes } from "@propolis/core"
import {
  commands,
  commonPayload,
  hostilePayloads,
  noPayload,
  type Payload,
  passwords,
  payload,
  urls,
  userAgents,
  usernames,
} from "./payloads.ts"
import type { Random } from "./random.ts"
import type { GeneratedService, Script } from "./services.ts"

export interface Step {
  readonly kind: Exclude<EventKind, "CONNECT" | "DISCONNECT">
  readonly payload: Payload
  readonly attributes: RecordedAttributes
}

const none: RecordedAttributes = {}
const received = (what: Payload): Step => ({ kind: "RX", payload: what, attributes: none })
const sent = (text: string): Step => ({ kind: "TX", payload: commonPayload(text), attributes: none })
const info = (attributes: RecordedAttributes): Step => ({ kind: "INFO", payload: noPayload, attributes })

/** Skewed towards the front of a list, as people's habits are. */
function favourite<Item>(random: Random, items: readonly Item[]): Item {
  const unit = random.unit()
  return items[Math.floor(unit * unit * items.length)]!
}

function binaryPayload(random: Random, service: GeneratedService): Payload {
  // Half of all binary probes carry a nonce and are seen once; the other half come out of the same few tools.
  if (random.chance(0.5)) {
    const bytes = random.bytes(32 + random.below(200))
    bytes.set([0x16, 0x03, 0x01, service.port & 0xff])
    return payload(bytes)
  }
  return commonPayload(
    `\u0003\u0000\u0000\u002f${service.name}\u0000\u0000Cookie: mstshash=tool${random.below(40)}\r\n\u0001\u0000`,
  )
}

const algorithms =
  "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,diffie-hellman-group14-sha256,ssh-ed25519,rsa-sha2-512,rsa-sha2-256,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr,hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha1,none,zlib@openssh.com"
const notFoundPage = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN"><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1><p>The requested URL was not found on this server.</p><hr><address>Apache/2.4.62 (Debian) Server at localhost Port 80</address></body></html>`
const encoder = new TextEncoder()

/** SSH_MSG_KEXINIT (RFC 4253 §7.1): the same lists from the same tool behind a cookie that never comes again. */
function keyExchange(random: Random, tool: number): Payload {
  const lists = encoder.encode(algorithms.slice(tool * 20))
  const bytes = new Uint8Array(22 + lists.length)
  bytes.set([0, 0, 2, 0xbc, 6, 20])
  bytes.set(random.bytes(16), 6)
  bytes.set(lists, 22)
  return payload(bytes)
}

const scripts: Readonly<Record<Script, (random: Random, service: GeneratedService) => Step[]>> = {
  login(random, service) {
    const steps = [
      sent(
        `${service.name} ready. Unauthorised use of this system is prohibited and is recorded.\r\n\r\nlogin: `,
      ),
    ]
    const attempts = 1 + random.below(3)
    for (let i = 0; i < attempts; i++) {
      const username = favourite(random, usernames)
      const password = random.chance(0.03) ? `p${random.bits().toString(36)}` : favourite(random, passwords)
      steps.push(received(commonPayload(`${username}\r\n`)), sent("Password: "))
      steps.push(
        received(random.chance(0.97) ? commonPayload(`${password}\r\n`) : payload(`${password}\r\n`)),
      )
      steps.push(
        info({ username, password, loginSuccess: i === 2 ? "true" : "false" }),
        sent("Login incorrect\r\n"),
      )
    }
    if (attempts === 3) {
      const command = favourite(random, commands)
      steps.push(received(commonPayload(`${command}\r\n`)), info({ command }), sent("$ "))
    }
    return steps
  },
  ssh(random, service) {
    const tool = random.below(6)
    const username = favourite(random, usernames)
    const password = favourite(random, passwords)
    const version = [
      "SSH-2.0-Go",
      "SSH-2.0-libssh2_1.10.0",
      "SSH-2.0-OpenSSH_8.9",
      "SSH-2.0-PUTTY",
      "SSH-2.0-paramiko_3.4.0",
      "SSH-2.0-ZGrab",
    ][tool]!
    const steps = [
      sent(`SSH-2.0-OpenSSH_9.2p1 Debian-2 ${service.name}\r\n`),
      received(commonPayload(`${version}\r\n`)),
    ]
    if (random.chance(0.3)) return steps
    steps.push(received(keyExchange(random, tool)), info({ command: `kex ${tool}` }))
    if (random.chance(0.7))
      steps.push(info({ username, password, loginSuccess: "false", authMethod: "password" }))
    return steps
  },
  web(random) {
    const url = favourite(random, urls)
    const userAgent = favourite(random, userAgents)
    const text = `GET ${url} HTTP/1.1\r\nHost: 203.0.113.${random.below(8)}\r\nUser-Agent: ${userAgent}\r\nAccept: */*\r\n\r\n`
    return [
      received(
        random.chance(0.1) ? payload(text.replace("*/*", `*/*;q=0.${random.bits()}`)) : commonPayload(text),
      ),
      info({ httpMethod: "GET", url, userAgent, httpVersion: "1.1", httpStatus: "404" }),
      sent(
        `HTTP/1.1 404 Not Found\r\nServer: Apache/2.4.62 (Debian)\r\nContent-Length: 271\r\n\r\n${notFoundPage}`,
      ),
    ]
  },
  lines(random, service) {
    const command = random.pick(["INFO", "HELP", "EHLO scan.example", "QUIT", "VERSION", "stats", "KEYS *"])
    return [
      sent(`220 ${service.name}\r\n`),
      received(commonPayload(`${command}\r\n`)),
      info({ command }),
      sent("500 unknown\r\n"),
    ]
  },
  binary(random, service) {
    const steps = [received(binaryPayload(random, service))]
    if (random.chance(0.6)) steps.push(sent(`\u0000\u0000\u0000\u0013\u000e\u00d0${service.name}`))
    return steps
  },
  datagram(random, service) {
    const first = random.chance(0.2)
      ? payload(random.bytes(24 + random.below(40)))
      : commonPayload(`${service.emulator} probe ${random.below(25)}\u0000\u0001`)
    return random.chance(0.5)
      ? [received(first)]
      : [received(first), sent(`${service.emulator} answer\u0000`)]
  },
}

export function sessionSteps(random: Random, service: GeneratedService): Step[] {
  const steps = scripts[service.script](random, service)
  if (random.chance(0.005)) steps.push(received(random.pick(hostilePayloads)))
  return steps
}

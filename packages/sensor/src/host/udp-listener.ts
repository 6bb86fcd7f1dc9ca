/** Receives datagrams for one service and finds the conversation that each belongs to. */
import { createSocket, type RemoteInfo } from "node:dgram"
import { networkInterfaces } from "node:os"
import { PropolisError, parseAddress } from "@propolis/core"
import type { HostContext } from "./host-context.ts"
import type { Source } from "./source-table.ts"
import { hostOf } from "./tcp-session.ts"
import type { ListeningService, ServiceDefinition } from "./types.ts"
import { UdpConversation, type UdpPort } from "./udp-conversation.ts"

const defaultMaxReplies = 64
/** Conversations looked through for one of the same source. */
const maxLooked = 1_000
const maxRepliesToService = 8
/** Services that answer anything (RFC 862, 866, 867, 865, 864, 868): whoever speaks from there is one, or is forged to look so. */
const answersAnything = new Set([7, 11, 13, 17, 19, 37])
/** Services that answer even errors with errors (CVE-2024-2169, and others): a few replies end the loop. */
const answersMistakes = new Set([53, 69, 123, 137, 161, 389, 520, 1900, 5353, 11211])

/** @throws PropolisError LISTEN_FAILED */
export async function listenUdp(host: HostContext, definition: ServiceDefinition): Promise<ListeningService> {
  const socket = createSocket({
    type: definition.host.includes(":") ? "udp6" : "udp4",
    // Addresses are known: no look-up, and no turn of the event loop for it.
    lookup: (address, _options, done) => done(null, address, address.includes(":") ? 6 : 4),
  })
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (cause) => {
      const place = `${definition.host} port ${definition.port}/udp`
      reject(new PropolisError("LISTEN_FAILED", `${definition.name}: ${place}: ${cause.message}`, { cause }))
    })
    socket.bind({ address: definition.host, port: definition.port }, () => {
      socket.removeAllListeners("error")
      resolve()
    })
  })
  socket.on("error", (error) => host.report("listen", `${definition.name}: ${error.message}`))
  const { address, port } = socket.address()
  const udp: UdpPort = {
    socket,
    localHost: hostOf(address),
    localPort: port,
    conversations: new Map(),
    isOpen: true,
  }
  const own = ownAddresses()
  host.udpPorts.set(port, (host.udpPorts.get(port) ?? 0) + 1)
  socket.on("message", (datagram, peer) => receive(host, definition, udp, own, datagram, peer))
  return {
    definition,
    port,
    stop: () => {
      if (!udp.isOpen) return Promise.resolve()
      host.writer.flush()
      for (const conversation of udp.conversations.values()) conversation.forget()
      udp.isOpen = false
      const left = (host.udpPorts.get(port) ?? 1) - 1
      if (left > 0) host.udpPorts.set(port, left)
      else host.udpPorts.delete(port)
      return new Promise((resolve) => socket.close(resolve))
    },
  }
}

function receive(
  host: HostContext,
  definition: ServiceDefinition,
  udp: UdpPort,
  own: ReadonlySet<string>,
  datagram: Uint8Array,
  peer: RemoteInfo,
): void {
  const nowMs = host.nowMs()
  const key = `${peer.address} ${peer.port}`
  const known = udp.conversations.get(key)
  if (known !== undefined && !known.isOver) {
    known.received(datagram, nowMs)
    return
  }
  const replies = known?.replies ?? 0
  known?.forget()
  open(host, definition, udp, own, peer, key, replies, nowMs)?.received(datagram, nowMs)
}

function open(
  host: HostContext,
  definition: ServiceDefinition,
  udp: UdpPort,
  own: ReadonlySet<string>,
  peer: RemoteInfo,
  key: string,
  replies: number,
  nowMs: number,
): UdpConversation | undefined {
  const { limits } = host.policy
  if (host.sessions.size + host.conversations.size >= limits.maxConnections) {
    const oldest = host.conversations.values().next()
    if (oldest.done === true) return dropped(host, "maxConnections")
    oldest.value.forget()
  }
  const source = host.sources.seen(hostOf(peer.address), nowMs, limits)
  if (source.open >= limits.maxConnectionsPerSource) forgetOldestOf(host, source)
  const refusal = host.sources.admit(source, limits)
  if (refusal !== undefined) return dropped(host, refusal)
  const most = maxRepliesTo(host, source.address, peer.port, own, limits.udpMaxReplies ?? defaultMaxReplies)
  const { port, address } = peer
  return new UdpConversation(
    host,
    definition,
    udp,
    { source, key, port, address, maxReplies: most },
    replies,
    nowMs,
  )
}

/** A client that takes a new port for every question is not refused: its oldest conversation makes room. */
function forgetOldestOf(host: HostContext, source: Source): void {
  let looked = 0
  for (const conversation of host.conversations) {
    if (++looked > maxLooked) return
    if (conversation.isOf(source)) {
      conversation.forget()
      return
    }
  }
}

function dropped(host: HostContext, reason: string): undefined {
  host.counters.count(`droppedDatagrams{reason="${reason}"}`)
}

/** How often a peer is answered at all: never where it cannot be a client, rarely where it may be a server. */
export function maxRepliesTo(
  host: Pick<HostContext, "udpPorts">,
  address: string,
  port: number,
  own: ReadonlySet<string>,
  most: number,
): number {
  if (port === 0 || answersAnything.has(port) || !isHost(address)) return 0
  if (own.has(`broadcast ${address}`)) return 0
  if (host.udpPorts.has(port)) return own.has(address) ? 0 : Math.min(most, maxRepliesToService)
  return answersMistakes.has(port) ? Math.min(most, maxRepliesToService) : most
}

/** Neither this network, nor multicast, nor broadcast. */
function isHost(address: string): boolean {
  const bytes = parseAddress(address)
  if (bytes === undefined) return false
  if (bytes.length === 16) return bytes[0] !== 0xff && bytes.some((byte) => byte !== 0)
  return bytes[0] !== 0 && bytes[0]! < 224
}

/** This machine's addresses, and the broadcast addresses of its networks as `broadcast ADDRESS`. */
function ownAddresses(): ReadonlySet<string> {
  const own = new Set<string>()
  for (const entries of Object.values(networkInterfaces())) {
    for (const { address, netmask, family } of entries ?? []) {
      own.add(hostOf(address))
      const host = parseAddress(address)
      const mask = parseAddress(netmask)
      if (family !== "IPv4" || host === undefined || mask === undefined || mask[3] === 255) continue
      own.add(`broadcast ${host.map((byte, i) => byte | (~mask[i]! & 0xff)).join(".")}`)
    }
  }
  return own
}

/** One UDP conversation: what one peer and port and one service say to each other until neither does for a while. */
import type { Socket } from "node:dgram"
import type { HostContext } from "./host-context.ts"
import { Session } from "./session.ts"
import type { Source } from "./source-table.ts"
import type { ServiceDefinition } from "./types.ts"

/** Payload of the largest datagram (65,535 − 20 − 8). */
const maxDatagramBytes = 65_507
/** Every datagram costs the network an IPv4 and a UDP header besides its payload. */
const headerBytes = 28
/** How long a completed TCP hand-shake proves an address. */
const provenForMs = 3_600_000

/** What the conversations of one UDP service share. */
export interface UdpPort {
  readonly socket: Socket
  readonly localHost: string
  readonly localPort: number
  readonly conversations: Map<string, UdpConversation>
  isOpen: boolean
}

export interface UdpPeer {
  readonly source: Source
  readonly key: string
  readonly port: number
  /** As the socket wants it back. */
  readonly address: string
  /** Replies that it may get. */
  readonly maxReplies: number
}

export class UdpConversation extends Session {
  readonly transport = "udp"
  protected readonly protocol = "UDP"
  readonly secure = false
  /** Replies sent, also by those before it with the same peer and port. */
  replies: number
  private readonly udp: UdpPort
  private readonly peerOf: UdpPeer
  /** Bytes and datagrams received that no reply has used up. */
  private balance = 0
  private datagrams = 0
  private holding = false
  private outbox: Uint8Array[] = []

  constructor(
    host: HostContext,
    definition: ServiceDefinition,
    udp: UdpPort,
    peer: UdpPeer,
    replies: number,
    nowMs: number,
  ) {
    super(host, definition, nowMs)
    this.udp = udp
    this.peerOf = peer
    this.replies = replies
    this.identify(peer.source.address, peer.port, udp.localHost, udp.localPort, peer.source)
    host.conversations.add(this)
    udp.conversations.set(peer.key, this)
  }

  get isOver(): boolean {
    return this.over
  }

  /** Whether it counts as an open one of this source. */
  isOf(source: Source): boolean {
    return this.source === source
  }

  /** Records a datagram and gives it to the emulator, which is opened by the first. */
  received(datagram: Uint8Array, nowMs: number): void {
    this.refillTokens(nowMs)
    if (this.eventTokens < 0) {
      // A datagram cannot be asked to wait.
      this.host.counters.count('droppedDatagrams{reason="maxEventsPerSecond"}')
      return
    }
    this.lastReceivedMs = nowMs
    this.bytesIn += datagram.length
    this.balance += datagram.length
    this.datagrams++
    this.host.counters.bytesReceived += datagram.length
    const first = this.seq === 0 && this.startedMs === nowMs && this.datagrams === 1
    this.recordPayload("RX", datagram)
    if (this.bytesIn > this.policy.limits.maxInputBytes) {
      this.endByLimit("maxInputBytes")
      return
    }
    if (first) this.openEmulator()
    if (this.over) return
    try {
      this.handlers.datagram?.(datagram)
    } catch (error) {
      this.fail(error)
    }
  }

  send(bytes: Uint8Array | string): void {
    if (this.over) return
    const data: Uint8Array = typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from(bytes)
    const { limits } = this.policy
    if (this.bytesOut + data.length > limits.maxOutputBytes) {
      this.endByLimit("maxOutputBytes")
      return
    }
    if (data.length > maxDatagramBytes || !this.udp.isOpen || !this.mayReply(data.length)) {
      this.host.counters.udpWithheld++
      return
    }
    this.replies++
    this.bytesOut += data.length
    this.host.counters.bytesSent += data.length
    this.recordPayload("TX", data)
    this.outbox.push(data)
    if (this.holding) return
    this.holding = true
    this.host.writer.hold(this)
  }

  /** UDP has no TLS here. */
  startTls(): void {}

  /** Stays known until it has been idle for long enough, so that its replies stay counted. */
  end(): void {
    this.over = true
    this.finish()
  }

  release(): void {
    this.holding = false
    const { outbox } = this
    this.outbox = []
    if (!this.udp.isOpen) return
    for (const data of outbox) {
      this.udp.socket.send(data, 0, data.length, this.peerOf.port, this.peerOf.address, onSent)
    }
  }

  sweep(nowMs: number): void {
    const { limits } = this.policy
    if (nowMs - this.lastReceivedMs > limits.udpIdleMs) this.forget()
    else if (!this.over && nowMs - this.startedMs > limits.maxSessionMs) this.endByLimit("maxSessionMs")
  }

  /** Ends it and leaves no trace but its events. */
  forget(): void {
    this.over = true
    this.finish()
    this.host.conversations.delete(this)
    const { conversations } = this.udp
    if (conversations.get(this.peerOf.key) === this) conversations.delete(this.peerOf.key)
  }

  protected abort(): void {
    this.finish()
  }

  private endByLimit(limit: string): void {
    this.recordInfo({ limit })
    this.host.counters.count(`limits{limit="${limit}"}`)
    this.over = true
    this.finish()
  }

  private finish(): void {
    if (this.source === undefined) return
    this.host.sources.close(this.source)
    this.source = undefined
    this.cancelTimers()
    this.tellEnd()
  }

  /** UDP honesty: takes the reply from what the peer sent, else from the credit of its address. */
  private mayReply(length: number): boolean {
    if (this.replies >= this.peerOf.maxReplies) return false
    const { host } = this
    const nowMs = host.nowMs()
    if (nowMs - this.peerOf.source.provenMs > provenForMs) {
      const excess = Math.max(0, length - this.balance) + (this.datagrams > 0 ? 0 : headerBytes)
      if (!host.budget.spend(this.peerOf.source.address, excess, nowMs, this.policy.limits)) return false
    }
    this.balance = Math.max(0, this.balance - length)
    this.datagrams = Math.max(0, this.datagrams - 1)
    return true
  }
}

/** An unreachable peer is no event. */
function onSent(): void {}

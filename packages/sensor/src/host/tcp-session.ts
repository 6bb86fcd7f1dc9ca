/** One TCP connection: PROXY header, TLS, limits, back-pressure, and the emulator that answers it. */
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { concatBytes, type Endpoint, maxEventDataBytes, normalizeAddress } from "@propolis/core"
import type { Deadline } from "./deadline-queue.ts"
import type { HostContext } from "./host-context.ts"
import { maxProxyHeaderBytes, type ProxyHeader, parseProxyHeader } from "./proxy-header.ts"
import { Session } from "./session.ts"
import type { Source } from "./source-table.ts"
import { offeredProtocols } from "./tls-settings.ts"
import type { ServiceDefinition } from "./types.ts"

/** What a connection waits for: a PROXY header, a ClientHello, the end of the hand-shake, bytes, its own end. */
type Phase = "proxy" | "hello" | "handshake" | "open" | "ending" | "closed"

/** How it ends: a FIN and some patience; closed once everything is written; closed at once. */
type Ending = "gracefully" | "when written" | "at once"

/** A PROXY header and a TLS hand-shake must be through by then. */
const handshakeMs = 10_000
/** How long a peer may take to close its side after the session ended. */
const lingerMs = 5_000
/** A timer due so soon after the peer closed its side is an answer to it. */
const lateAnswerMs = 2_000
const tlsHandshakeRecord = 0x16

const waitsForDrain = 1
const waitsForEvents = 2

const sessionOf = Symbol("session")
type Attached = Socket & { [sessionOf]?: TcpSession }

function onData(this: Attached, chunk: Uint8Array): void {
  this[sessionOf]!.received(chunk)
}
function onEnd(this: Attached): void {
  this[sessionOf]!.peerEnded()
}
function onDrain(this: Attached): void {
  this[sessionOf]!.drained()
}
function onClose(this: Attached): void {
  this[sessionOf]!.closed()
}
/** A reset is not worth an event of its own: DISCONNECT follows. */
function onError(): void {}

function attach(stream: Attached, session: TcpSession): void {
  stream[sessionOf] = session
  stream.on("data", onData).on("end", onEnd).on("drain", onDrain).on("close", onClose).on("error", onError)
}

export class TcpSession extends Session {
  readonly transport = "tcp"
  protected readonly protocol = "TCP"
  private stream: Socket
  private phase: Phase
  private phaseMs: number
  private ending: Ending = "gracefully"
  /** When the peer closed its side; 0: not yet. */
  private peerDoneMs = 0
  private waits = 0
  private holding = false
  private startingTls = false
  private outbox: Uint8Array[] | undefined
  private outboxBytes = 0
  private header: Uint8Array | undefined
  /** The proxy's own connection, while a header may still name another. Not to be had from a closed socket. */
  private proxy: { readonly peer: Endpoint; readonly local: Endpoint } | undefined
  private slowed: Deadline | undefined

  /**
   * Takes an accepted connection; `source` has admitted it. Without a source, a PROXY header has to
   * name it first.
   */
  constructor(
    host: HostContext,
    definition: ServiceDefinition,
    socket: Socket,
    source: Source | undefined,
    nowMs: number,
  ) {
    super(host, definition, nowMs)
    this.stream = socket
    this.phase = source === undefined ? "proxy" : "open"
    this.phaseMs = nowMs
    host.sessions.add(this)
    attach(socket, this)
    if (source !== undefined) this.begin(source, socket.remotePort ?? 0, undefined)
    else {
      this.proxy = {
        peer: { host: hostOf(socket.remoteAddress ?? "::"), port: socket.remotePort ?? 0 },
        local: this.localEnd(),
      }
    }
  }

  get secure(): boolean {
    return this.phase !== "handshake" && this.stream instanceof TLSSocket
  }

  // ── what the emulator does ───────────────────────────────────────────────────────────────────

  send(bytes: Uint8Array | string): void {
    if (this.over) return
    // A copy: the emulator may give a view of what it received, or use its buffer again.
    const data: Uint8Array = typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from(bytes)
    if (data.length === 0) return
    const { limits } = this.policy
    if (this.bytesOut + data.length > limits.maxOutputBytes) {
      this.endByLimit("maxOutputBytes")
      return
    }
    this.bytesOut += data.length
    this.host.counters.bytesSent += data.length
    this.recordPayload("TX", data)
    this.outboxBytes += data.length
    if (this.outbox === undefined) this.outbox = [data]
    else this.outbox.push(data)
    this.hold()
    if (this.outboxBytes > limits.maxBufferedBytes) this.host.writer.flush()
  }

  startTls(): void {
    if (this.over || this.phase !== "open" || this.stream instanceof TLSSocket) return
    // What was sent so far goes out first, in plaintext.
    this.host.writer.flush()
    if (this.over) return
    this.startingTls = true
    this.enter("hello")
  }

  end(): void {
    this.finish("gracefully")
  }

  protected abort(): void {
    this.finish("when written")
  }

  // ── what the socket does ─────────────────────────────────────────────────────────────────────

  received(chunk: Uint8Array): void {
    const now = this.host.nowMs()
    this.lastReceivedMs = now
    this.host.counters.bytesReceived += chunk.length
    if (this.phase === "proxy") {
      this.receivedHeader(chunk)
      return
    }
    if (this.phase === "closed") return
    this.refillTokens(now)
    if (chunk.length <= maxEventDataBytes) this.receivedPart(chunk)
    else {
      for (let offset = 0; offset < chunk.length; offset += maxEventDataBytes) {
        this.receivedPart(chunk.subarray(offset, offset + maxEventDataBytes))
      }
    }
    if (this.eventTokens < 0 && this.phase === "open") this.slowDown()
  }

  peerEnded(): void {
    this.peerDoneMs = this.host.nowMs()
    if (this.phase === "open") this.finishUnlessLate()
    else if (this.phase === "ending") this.hold()
    else this.stream.destroy()
  }

  drained(): void {
    if ((this.waits & waitsForDrain) !== 0) this.resume(waitsForDrain)
  }

  /** The socket is gone: DISCONNECT is the last event. */
  closed(): void {
    if (this.phase === "closed") return
    if (this.source === undefined) this.beginWithoutHeader()
    this.over = true
    this.tellEnd()
    this.cancelTimers()
    if (this.slowed !== undefined) this.host.deadlines.remove(this.slowed)
    this.phase = "closed"
    this.recordBare("DISCONNECT")
    this.outbox = undefined
    this.host.sessions.delete(this)
    if (this.source !== undefined) this.host.sources.close(this.source)
  }

  // ── what the host does ───────────────────────────────────────────────────────────────────────

  /** Everything recorded so far is journaled: what waited for that may go out. */
  release(): void {
    this.holding = false
    const { stream, phase } = this
    if (phase === "closed" || phase === "proxy" || phase === "hello" || phase === "handshake") return
    const { outbox } = this
    if (outbox !== undefined && this.ending !== "at once") {
      this.outbox = undefined
      this.outboxBytes = 0
      if (outbox.length === 1) stream.write(outbox[0]!)
      else {
        stream.cork()
        for (const data of outbox) stream.write(data)
        stream.uncork()
      }
    }
    if (phase === "ending") {
      this.close()
      return
    }
    const buffered = stream.writableLength
    const { maxBufferedBytes } = this.policy.limits
    if (buffered > maxBufferedBytes * 2) this.endByLimit("maxBufferedBytes", "at once")
    else if (buffered > maxBufferedBytes) this.pause(waitsForDrain)
  }

  /** Looks at the deadlines; called every now and then. */
  sweep(nowMs: number): void {
    const { limits } = this.policy
    const inPhase = nowMs - this.phaseMs
    if (this.phase === "ending") {
      // A slow peer may take its time for a long answer; who was thrown out may not.
      const slow = this.ending === "gracefully" && this.stream.writableLength > 0
      if (inPhase > (slow ? limits.idleMs : lingerMs)) this.stream.destroy()
    } else if (this.phase !== "open") {
      // Before the emulator speaks, one deadline counts, so that it is always the same that is recorded.
      if (inPhase <= Math.min(handshakeMs, limits.idleMs)) return
      if (this.phase === "proxy") this.rejectHeader()
      else this.rejectTls("time-out")
    } else if (this.peerDoneMs !== 0) this.finishUnlessLate()
    else if (nowMs - this.startedMs > limits.maxSessionMs) this.endByLimit("maxSessionMs")
    else if (nowMs - this.lastReceivedMs > limits.idleMs && (this.waits & waitsForEvents) === 0) {
      this.endByLimit("idleMs")
    } else if ((this.waits & waitsForDrain) !== 0 && this.stream.writableLength <= limits.maxBufferedBytes) {
      this.resume(waitsForDrain)
    }
  }

  /** Ends the session because the host stops. */
  stop(): void {
    if (this.phase === "open") this.finish("when written")
    else if (this.phase !== "ending") this.stream.destroy()
  }

  destroy(): void {
    this.stream.destroy()
  }

  // ── inside ───────────────────────────────────────────────────────────────────────────────────

  private enter(phase: Phase): void {
    this.phase = phase
    this.phaseMs = this.host.nowMs()
  }

  private localEnd(): Endpoint {
    const { localAddress, localPort } = this.stream
    return { host: hostOf(localAddress ?? this.definition.host), port: localPort ?? this.definition.port }
  }

  private begin(source: Source, remotePort: number, header: ProxyHeader | undefined): void {
    const local = header?.destination ?? this.localEnd()
    this.identify(source.address, remotePort, local.host, local.port, source)
    this.recordBare("CONNECT")
    if (header !== undefined) this.recordInfo({ proxyProtocol: String(header.version) })
    this.header = undefined
    this.proxy = undefined
    if (this.definition.tls) this.enter("hello")
    else {
      this.enter("open")
      this.openEmulator()
    }
  }

  private receivedPart(bytes: Uint8Array): void {
    if (this.ending === "at once") return
    this.bytesIn += bytes.length
    if (this.phase === "hello") {
      this.receivedHello(bytes)
      return
    }
    this.recordPayload("RX", bytes)
    if (this.bytesIn > this.policy.limits.maxInputBytes) {
      this.endByLimit("maxInputBytes", "at once")
      return
    }
    if (this.over) return
    try {
      this.handlers.data?.(bytes)
    } catch (error) {
      this.fail(error)
    }
  }

  private endByLimit(limit: string, ending: Ending = "when written"): void {
    if (this.phase === "closed" || this.ending === "at once") return
    if (this.phase === "ending" && ending !== "at once") return
    this.recordInfo({ limit })
    this.host.counters.count(`limits{limit="${limit}"}`)
    this.finish(ending)
  }

  private finish(ending: Ending): void {
    if (this.phase === "closed") return
    if (this.phase === "ending" && ending === "gracefully") return
    this.over = true
    this.ending = ending
    if (this.phase !== "ending") this.enter("ending")
    this.hold()
  }

  /** An emulator that answers after a pause still may; one that waits for more (a login's time-out) waits in vain. */
  private finishUnlessLate(): void {
    const waitedMs = this.host.nowMs() - this.peerDoneMs
    if (waitedMs > lingerMs || !this.hasTimerWithin(lateAnswerMs)) this.finishForPeer()
  }

  private finishForPeer(): void {
    this.tellEnd()
    this.over = true
    if (this.phase !== "open") return
    this.enter("ending")
    if (this.outbox === undefined && !this.holding) this.close()
    else this.hold()
  }

  private close(): void {
    const { stream } = this
    if (this.ending === "at once" || (this.peerDoneMs !== 0 && stream.writableLength === 0)) stream.destroy()
    else if (this.ending === "when written") stream.destroySoon()
    else {
      stream.end()
      // Back-pressure has no meaning any more; what the peer still says is recorded.
      if (this.waits !== 0) {
        this.waits = 0
        stream.resume()
      }
    }
  }

  private hold(): void {
    if (this.holding) return
    this.holding = true
    this.host.writer.hold(this)
  }

  protected override timerDone(): void {
    if (this.peerDoneMs !== 0 && this.phase === "open") this.finishUnlessLate()
  }

  private pause(reason: number): void {
    if (this.waits === 0) this.stream.pause()
    this.waits |= reason
  }

  private resume(reason: number): void {
    if ((this.waits & reason) === 0) return
    this.waits &= ~reason
    if (reason === waitsForEvents) this.lastReceivedMs = this.host.nowMs()
    if (this.waits === 0 && this.phase !== "closed") this.stream.resume()
  }

  /** More events than allowed: reads on when they are made good. The kernel keeps what arrives meanwhile. */
  private slowDown(): void {
    this.pause(waitsForEvents)
    this.host.counters.count("slowedDown")
    const waitMs = (-this.eventTokens / this.policy.limits.maxEventsPerSecond) * 1_000
    this.slowed = this.host.deadlines.add(waitMs, () => this.resume(waitsForEvents))
  }

  // ── PROXY protocol ───────────────────────────────────────────────────────────────────────────

  private receivedHeader(chunk: Uint8Array): void {
    const bytes = this.header === undefined ? chunk : concatBytes([this.header, chunk])
    const header = parseProxyHeader(bytes)
    if (header === "more" && bytes.length < maxProxyHeaderBytes) {
      this.header = bytes
      return
    }
    if (header === "more" || header === "invalid") {
      this.header = bytes
      this.rejectHeader()
      return
    }
    const source = this.admitNamed(header)
    if (source === undefined) return
    this.begin(source, header.source?.port ?? this.proxy!.peer.port, header)
    if (bytes.length > header.length) this.received(bytes.subarray(header.length))
  }

  /** The limits of the source that the header names. Beyond them, the connection is dropped unrecorded, as at accept. */
  private admitNamed(header: ProxyHeader): Source | undefined {
    const { sources, counters } = this.host
    const address = header.source?.host ?? this.proxy!.peer.host
    const source = sources.seen(address, this.lastReceivedMs, this.policy.limits)
    const refusal = sources.admit(source, this.policy.limits)
    if (refusal === undefined) return source
    counters.count(`droppedConnections{reason="${refusal}"}`)
    this.phase = "closed"
    this.host.sessions.delete(this)
    this.stream.destroy()
    return undefined
  }

  /** No header, or a broken one: recorded under the proxy's own address, and dropped. */
  private rejectHeader(): void {
    this.beginWithoutHeader()
    this.recordInfo({ proxyProtocol: "invalid" })
    this.host.counters.count("proxyHeadersInvalid")
    this.finish("when written")
  }

  private beginWithoutHeader(): void {
    const { sources } = this.host
    const { peer, local } = this.proxy!
    const source = sources.seen(peer.host, this.startedMs, this.policy.limits)
    source.open++
    this.identify(source.address, peer.port, local.host, local.port, source)
    this.recordBare("CONNECT")
    if (this.header !== undefined) this.recordPayload("RX", this.header)
    this.header = undefined
  }

  // ── TLS ──────────────────────────────────────────────────────────────────────────────────────

  /** The first bytes where a ClientHello is due. They are looked at before OpenSSL has them, so that what is no TLS is recorded. */
  private receivedHello(bytes: Uint8Array): void {
    if (bytes[0] === tlsHandshakeRecord && this.stream.writableLength === 0) {
      this.handshake(bytes)
      return
    }
    this.recordPayload("RX", bytes)
    if (this.bytesIn > this.policy.limits.maxInputBytes) this.endByLimit("maxInputBytes", "at once")
    // Plaintext pipelined behind STARTTLS is not to be obeyed (CVE-2011-0411): it ends here.
    else if (!this.startingTls) this.rejectTls("not TLS")
  }

  private handshake(hello: Uint8Array): void {
    const raw: Attached = this.stream
    raw.off("data", onData).off("end", onEnd).off("drain", onDrain).off("close", onClose)
    raw.pause()
    raw.unshift(hello)
    let secured: TLSSocket
    const protocols = offeredProtocols(this.definition.emulator.alpn, hello)
    try {
      secured = new TLSSocket(raw, {
        ...(protocols === undefined ? {} : { ALPNProtocols: protocols }),
        isServer: true,
        secureContext: this.policy.secureContext(),
        requestCert: false,
        rejectUnauthorized: false,
      })
    } catch (error) {
      attach(raw, this)
      this.rejectTls((error as Error).message)
      return
    }
    this.enter("handshake")
    this.stream = secured
    attach(secured, this)
    secured.once("secure", () => this.secured(secured))
    secured.on("_tlsError", (error: Error & { readonly code?: string }) => {
      if (this.phase === "handshake") this.rejectTls(error.code ?? error.message)
      else this.stream.destroy()
    })
  }

  private secured(stream: TLSSocket): void {
    if (this.phase !== "handshake") return
    this.lastReceivedMs = this.host.nowMs()
    this.enter("open")
    const { servername } = stream as { readonly servername?: string | false | null }
    this.recordInfo({
      tlsVersion: stream.getProtocol() ?? "unknown",
      tlsCipher: stream.getCipher()?.standardName ?? "unknown",
      ...(servername ? { tlsServerName: servername.slice(0, 255).toWellFormed() } : {}),
    })
    if (this.startingTls) {
      try {
        this.handlers.secured?.()
      } catch (error) {
        this.fail(error)
      }
    } else this.openEmulator()
    if (this.outbox !== undefined) this.hold()
  }

  private rejectTls(reason: string): void {
    this.recordInfo({ tlsError: reason })
    this.host.counters.count("tlsErrors")
    this.finish("when written")
  }
}

/** An address as the socket tells it, in normal form: without a zone, IPv4-mapped as IPv4. */
export function hostOf(address: string): string {
  if (!address.includes(":")) return address
  const zone = address.indexOf("%")
  const plain = zone < 0 ? address : address.slice(0, zone)
  return normalizeAddress(plain) ?? plain
}

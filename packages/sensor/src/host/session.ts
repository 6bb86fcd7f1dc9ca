/** What TCP sessions and UDP conversations have in common: recording, the emulator and its error boundary. */
import { hash, randomBytes } from "node:crypto"
import {
  type Attributes,
  type CapturedFile,
  type Connection,
  type Endpoint,
  type EventKind,
  emptyBytes,
  escapeText,
  maxEventDataBytes,
  type Persona,
  type Protocol,
  type RecordedAttributes,
  type SessionHandlers,
  type Timer,
} from "@propolis/core"
import type { Deadline } from "./deadline-queue.ts"
import { bareLine, infoLine, type LineFrame, lineFrame, payloadLine } from "./event-line.ts"
import type { EventSource, Held } from "./event-writer.ts"
import type { HostContext, Policy } from "./host-context.ts"
import { checkedAttributes } from "./recorded-attributes.ts"
import type { Source } from "./source-table.ts"
import type { ServiceDefinition } from "./types.ts"

/** Timers that one session may have pending; an emulator that wants more is at fault. */
const maxPendingTimers = 64

const noHandlers: SessionHandlers = {}
const noFrame: LineFrame = { head: "", tail: "" }

export abstract class Session implements Connection, EventSource, Held {
  abstract readonly transport: "tcp" | "udp"
  abstract readonly secure: boolean
  protected abstract readonly protocol: Protocol

  seq = 0
  block = 0
  seqBeforeBlock = 0
  lastReceivedMs: number
  readonly startedMs: number

  protected readonly host: HostContext
  protected readonly policy: Policy
  protected readonly definition: ServiceDefinition
  protected source: Source | undefined
  protected handlers: SessionHandlers = noHandlers
  /** The emulator can do nothing more. */
  protected over = false
  protected bytesIn = 0
  protected bytesOut = 0
  /** Events that may be recorded before reading is slowed down; goes below zero. */
  protected eventTokens: number
  protected tokensMs: number
  private endTold = false
  private timers: Deadline[] | undefined
  private id = ""
  private frame: LineFrame = noFrame
  private remoteHost = ""
  private remotePort = 0
  private localHost = ""
  private localPort = 0

  constructor(host: HostContext, definition: ServiceDefinition, nowMs: number) {
    this.host = host
    this.policy = host.policy
    this.definition = definition
    this.startedMs = nowMs
    this.lastReceivedMs = nowMs
    this.tokensMs = nowMs
    this.eventTokens = host.policy.limits.maxEventsPerSecond
  }

  get service(): string {
    return this.definition.name
  }

  get persona(): Persona {
    return this.policy.persona
  }

  get peer(): Endpoint {
    return { host: this.remoteHost, port: this.remotePort }
  }

  get local(): Endpoint {
    return { host: this.localHost, port: this.localPort }
  }

  abstract send(bytes: Uint8Array | string): void
  abstract startTls(): void
  abstract end(): void
  abstract release(): void
  /** Ends the session because its emulator failed, after what was sent. */
  protected abstract abort(): void

  record(attributes: RecordedAttributes): void {
    if (this.over) return
    const checked = checkedAttributes(attributes)
    if (checked === undefined) this.host.counters.count("attributesRefused")
    else this.recordInfo(checked)
  }

  capture(filename: string, bytes: Uint8Array): CapturedFile {
    const sha256 = hash("sha256", bytes, "hex")
    if (!this.over) {
      this.record({ filename, captureSha256: sha256, captureBytes: String(bytes.length) })
      this.host.captures.keep(sha256, bytes)
    }
    return { sha256, bytes: bytes.length }
  }

  after(ms: number, run: () => void): Timer {
    if (this.over) return { cancel() {} }
    this.timers ??= []
    const { timers } = this
    if (timers.length >= maxPendingTimers)
      throw new RangeError(`more than ${maxPendingTimers} pending timers`)
    const wait = Math.min(Math.max(ms, 0) || 0, this.policy.limits.maxSessionMs)
    const deadline = this.host.deadlines.add(wait, () => {
      timers.splice(timers.indexOf(deadline), 1)
      try {
        run()
      } catch (error) {
        this.fail(error)
      }
      this.timerDone()
    })
    timers.push(deadline)
    return {
      cancel: () => {
        if (deadline.index < 0) return
        this.host.deadlines.remove(deadline)
        timers.splice(timers.indexOf(deadline), 1)
        this.timerDone()
      },
    }
  }

  now(): number {
    return Date.now()
  }

  random(count: number): Uint8Array {
    return randomBytes(count)
  }

  /** Gives the session its name and its ends; from now on it can record. */
  protected identify(
    remoteHost: string,
    remotePort: number,
    localHost: string,
    localPort: number,
    source: Source,
  ): void {
    this.remoteHost = remoteHost
    this.remotePort = remotePort
    this.localHost = localHost
    this.localPort = localPort
    this.source = source
    this.id = this.host.newId()
    this.frame = lineFrame({
      sensor: this.host.sensor,
      session: this.id,
      protocol: this.protocol,
      service: this.definition.name,
      emulator: this.definition.emulator.name,
      localHost,
      localPort,
      remoteHost,
      remotePort,
    })
    this.host.counters.sessions++
  }

  /** Whether a timer is due within so long. */
  protected hasTimerWithin(ms: number): boolean {
    const untilMs = this.host.nowMs() + ms
    return this.timers?.some((deadline) => deadline.dueMs <= untilMs) ?? false
  }

  /** A timer ran or was cancelled. */
  protected timerDone(): void {}

  protected openEmulator(): void {
    try {
      this.handlers = this.definition.emulator.open(this, this.definition.options)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Tells the emulator, once, that the peer closed its side or the session ended. */
  protected tellEnd(): void {
    if (this.endTold) return
    this.endTold = true
    try {
      this.handlers.end?.()
    } catch (error) {
      this.fail(error)
    }
  }

  protected fail(error: unknown): void {
    const { emulator, name } = this.definition
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    this.host.counters.faults++
    this.host.report(
      `fault ${emulator.name}`,
      `${name}: the emulator ${emulator.name} failed: ${escapeText(text.slice(0, 500))}`,
    )
    this.recordInfo(checkedAttributes({ fault: text })!)
    this.over = true
    this.abort()
  }

  protected cancelTimers(): void {
    for (const deadline of this.timers ?? []) this.host.deadlines.remove(deadline)
    this.timers = undefined
  }

  protected refillTokens(nowMs: number): void {
    const rate = this.policy.limits.maxEventsPerSecond
    this.eventTokens = Math.min(rate, this.eventTokens + ((nowMs - this.tokensMs) / 1_000) * rate)
    this.tokensMs = nowMs
  }

  protected recordBare(event: "CONNECT" | "DISCONNECT"): void {
    const id = this.host.newId()
    const time = Date.now()
    const line = bareLine(this.frame, id, time, this.seq, this.protocol, event)
    this.write(line, true, id, time, event, 0, emptyBytes, "", {})
  }

  protected recordPayload(event: "RX" | "TX", bytes: Uint8Array): void {
    const id = this.host.newId()
    const time = Date.now()
    const { length } = bytes
    const data = length > maxEventDataBytes ? bytes.subarray(0, maxEventDataBytes) : bytes
    const sha256 = length === 0 ? "" : hash("sha256", bytes, "hex")
    const line = payloadLine(this.frame, id, time, this.seq, this.protocol, event, length, data, sha256)
    this.write(line, true, id, time, event, length, data, sha256, data === bytes ? {} : { truncated: "true" })
  }

  protected recordInfo(attributes: Attributes): void {
    const id = this.host.newId()
    const time = Date.now()
    const line = infoLine(this.frame, id, time, this.seq, this.protocol, attributes)
    this.write(line, false, id, time, "INFO", 0, emptyBytes, "", attributes)
  }

  private write(
    line: string,
    ascii: boolean,
    id: string,
    time: number,
    event: EventKind,
    bytes: number,
    data: Uint8Array,
    sha256: string,
    attributes: Attributes,
  ): void {
    this.eventTokens--
    const { writer } = this.host
    if (!writer.observed) {
      writer.append(this, line, ascii, undefined)
      return
    }
    writer.append(this, line, ascii, {
      id,
      time,
      sensor: this.host.sensor,
      session: this.id,
      seq: this.seq,
      protocol: this.protocol,
      event,
      service: this.definition.name,
      emulator: this.definition.emulator.name,
      localHost: this.localHost,
      localPort: this.localPort,
      remoteHost: this.remoteHost,
      remotePort: this.remotePort,
      bytes,
      data,
      sha256,
      attributes,
    })
  }
}

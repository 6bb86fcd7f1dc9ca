/** For tests of the host: a real one with a real journal in a temporary folder, and clients for it. */
import { generateKeyPairSync } from "node:crypto"
import { createSocket, type Socket as DatagramSocket } from "node:dgram"
import { mkdtemp, rm } from "node:fs/promises"
import { connect, type Socket, type SocketConstructorOpts, type TcpSocketConnectOpts } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Connection,
  concatBytes,
  decodeEvent,
  defineEmulator,
  type Emulator,
  type SensorEvent,
  type SessionHandlers,
} from "@propolis/core"
import { type Cursor, type Journal, openJournal } from "@propolis/journal"
import { z } from "zod"
import { createPersona, findPersonaTemplate, personaCertificate } from "../persona/persona.ts"
import { createHost } from "./create-host.ts"
import type { Host, HostLimits, HostOptions, ListeningService, ServiceDefinition } from "./types.ts"

const persona = createPersona({
  template: findPersonaTemplate("debian-12-web")!,
  seed: new Uint8Array(32),
  createdAt: Date.UTC(2026, 0, 1),
})

let tls: { key: string; cert: string } | undefined
/** Made once a process. */
export function testTls(): { key: string; cert: string } {
  if (tls === undefined) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 })
    tls = {
      key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      cert: personaCertificate(persona, privateKey),
    }
  }
  return tls
}

export const generousLimits: HostLimits = {
  maxConnections: 1_000,
  maxConnectionsPerSource: 1_000,
  maxSessionsPerSecondPerSource: 1_000,
  idleMs: 60_000,
  maxSessionMs: 60_000,
  maxInputBytes: 16 * 1024 * 1024,
  maxOutputBytes: 16 * 1024 * 1024,
  maxBufferedBytes: 256 * 1024,
  maxEventsPerSecond: 100_000,
  udpIdleMs: 60_000,
  udpCreditBytesPerHour: 2_048,
  udpCreditBytesPerMinute: 65_536,
  maxTrackedSources: 1_000,
}

/** An emulator of a few lines. */
export function emulatorOf(open: (connection: Connection) => SessionHandlers): Emulator {
  return defineEmulator({
    name: "test",
    title: "Test",
    interaction: "low",
    transports: { tcp: 1, udp: 1 },
    options: z.unknown(),
    open,
  })
}

export const echo = emulatorOf((connection) => ({
  data: (bytes) => connection.send(bytes),
  datagram: (bytes) => connection.send(bytes),
}))

export interface TestHost {
  readonly host: Host
  readonly journal: Journal
  readonly dir: string
  readonly logged: string[]
  /** Listens on a free port of 127.0.0.1. */
  listen(emulator: Emulator, change?: Partial<ServiceDefinition>): Promise<ListeningService>
  /** Everything that is in the journal. */
  events(): Promise<SensorEvent[]>
  /** As soon as `enough` is true of all events. */
  eventsWhen(enough: (events: readonly SensorEvent[]) => boolean): Promise<SensorEvent[]>
  close(): Promise<void>
}

export interface TestHostOptions {
  readonly limits?: Partial<HostLimits>
  readonly change?: Partial<HostOptions>
  /** Stands between the host and the real journal. */
  readonly wrap?: (journal: Journal) => Pick<Journal, "append">
}

export async function startTestHost(options: TestHostOptions = {}): Promise<TestHost> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-host-"))
  const journal = await openJournal({ dir: join(dir, "journal") })
  const wrapped = options.wrap?.(journal)
  const logged: string[] = []
  const host = createHost({
    sensor: "test-sensor",
    persona,
    journal: wrapped === undefined ? journal : Object.assign(Object.create(journal), wrapped),
    limits: { ...generousLimits, ...options.limits },
    captureDir: join(dir, "captures"),
    captureMaxBytes: 1_000_000,
    tls: testTls(),
    log: (message) => logged.push(message),
    ...options.change,
  })
  let cursor: Cursor | undefined
  const seen: SensorEvent[] = []
  let closing: Promise<void> | undefined
  const events = async () => {
    cursor ??= await journal.cursor("test")
    for (;;) {
      const slice = await cursor.read({ maxRecords: 10_000, maxBytes: 16 * 1024 * 1024 })
      if (slice === undefined) return seen
      const lines = Buffer.from(slice.ndjson).toString("utf8").split("\n")
      for (const line of lines) if (line !== "") seen.push(decodeEvent(line))
    }
  }
  return {
    host,
    journal,
    dir,
    logged,
    listen: (emulator, change = {}) =>
      host.listen({
        name: "Test",
        emulator,
        options: {},
        transport: "tcp",
        host: "127.0.0.1",
        port: 0,
        tls: false,
        proxyFrom: [],
        ...change,
      }),
    events,
    async eventsWhen(enough) {
      for (;;) {
        const all = await events()
        if (enough(all)) return all
        await sleep(5)
      }
    },
    close() {
      closing ??= (async () => {
        await host.close(1_000)
        await journal.close()
        await rm(dir, { recursive: true, force: true })
      })()
      return closing
    },
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** `true` as soon as the condition holds; a hang is the test's time-out. */
export async function until(condition: () => boolean): Promise<true> {
  while (!condition()) await sleep(2)
  return true
}

/** Kinds of the events, in order: `CONNECT RX TX DISCONNECT`. */
export function kinds(events: readonly SensorEvent[]): string {
  return events.map((event) => event.event).join(" ")
}

export const isDisconnect = (event: SensorEvent): boolean => event.event === "DISCONNECT"

/** Events by session, in order; every session's numbers are 0, 1, 2 … or it throws. */
export function bySession(events: readonly SensorEvent[]): SensorEvent[][] {
  const sessions = new Map<string, SensorEvent[]>()
  for (const event of events) {
    const session = sessions.get(event.session) ?? []
    if (session.length !== event.seq) throw new Error(`seq ${event.seq} where ${session.length} was due`)
    session.push(event)
    sessions.set(event.session, session)
  }
  return [...sessions.values()]
}

/** One attribute of all INFO events. */
export function attributesOf(events: readonly SensorEvent[], name: string): string[] {
  return events.flatMap((event) => event.attributes[name] ?? [])
}

export interface TcpClient {
  readonly socket: Socket
  /** What was received so far. */
  readonly received: () => Buffer
  readonly closed: Promise<void>
  send(data: string | Uint8Array): void
  /** Resolves when so many bytes are there. */
  bytes(count: number): Promise<Buffer>
}

/** A client that swallows resets: a dropped connection is what is tested. */
export function tcpClient(
  port: number,
  options: Partial<TcpSocketConnectOpts & SocketConstructorOpts> = {},
): TcpClient {
  const socket = connect({ host: "127.0.0.1", port, ...options })
  return clientOf(socket)
}

export function clientOf(socket: Socket): TcpClient {
  const parts: Uint8Array[] = []
  const received = () => Buffer.from(concatBytes(parts))
  socket.on("data", (data) => parts.push(data))
  socket.on("error", () => {})
  return {
    socket,
    received,
    closed: new Promise((resolve) => socket.once("close", () => resolve())),
    send: (data) => socket.write(data),
    async bytes(count) {
      await until(() => received().length >= count)
      return received()
    },
  }
}

export interface UdpClient {
  readonly socket: DatagramSocket
  readonly received: Buffer[]
  send(data: string | Uint8Array, port: number): Promise<void>
  close(): void
}

export async function udpClient(address = "127.0.0.1", localPort = 0): Promise<UdpClient> {
  const socket = createSocket("udp4")
  const received: Buffer[] = []
  socket.on("message", (data) => received.push(data))
  await new Promise<void>((resolve) => socket.bind(localPort, address, resolve))
  return {
    socket,
    received,
    send: (data, port) =>
      new Promise((resolve, reject) => {
        socket.send(data, port, "127.0.0.1", (error) => (error ? reject(error) : resolve()))
      }),
    close: () => socket.close(),
  }
}

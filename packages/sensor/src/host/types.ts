/** The host: one implementation of sockets, limits and recording for all emulators. */
import type { Emulator, Persona, SensorEvent } from "@propolis/core"
import type { Journal } from "@propolis/journal"

export interface ServiceDefinition {
  /** Configured name, unique: `Telnet`. */
  readonly name: string
  readonly emulator: Emulator
  /** Checked by the emulator's schema. */
  readonly options: unknown
  readonly transport: "tcp" | "udp"
  /** Address to listen on. */
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** TLS from the first byte. */
  readonly tls: boolean
  /** Peers that may name the source by a PROXY protocol header (blocks as text); empty: none. */
  readonly proxyFrom: readonly string[]
}

/** Every limit of the host. Beyond one, the connection is dropped (or its record cut) and counted, never the process. */
export interface HostLimits {
  /** Open connections and UDP conversations in all. */
  readonly maxConnections: number
  /** … per source address. */
  readonly maxConnectionsPerSource: number
  /** New sessions per second per source address, with a burst of ten times as many. */
  readonly maxSessionsPerSecondPerSource: number
  /** Ends a session in which nothing was received for so long. */
  readonly idleMs: number
  /** Ends a session after so long. */
  readonly maxSessionMs: number
  /** Received bytes after which a session ends. */
  readonly maxInputBytes: number
  /** Sent bytes after which a session ends. */
  readonly maxOutputBytes: number
  /** Bytes waiting to be sent to a peer that does not read; beyond, reading from it stops, and at twice that the session ends. */
  readonly maxBufferedBytes: number
  /** Events per second and session; beyond, the session's reading is slowed down, nothing is lost. */
  readonly maxEventsPerSecond: number
  /** UDP: a conversation ends after so long without a datagram. */
  readonly udpIdleMs: number
  /** UDP honesty: what an unproven source may get beyond what it sent, per hour, per address and per /24 or /64. */
  readonly udpCreditBytesPerHour: number
  /** UDP honesty: what all unproven sources together may get beyond what they sent, per minute. */
  readonly udpCreditBytesPerMinute: number
  /**
   * UDP: replies to one peer and port at most, so that two services that answer each other stop. Default 64;
   * 8 where the peer's port is one of this host's own or of a service known for such loops.
   */
  readonly udpMaxReplies?: number
  /** Sources remembered at most; the least recently seen without open sessions is forgotten first. */
  readonly maxTrackedSources: number
}

export interface HostOptions {
  readonly sensor: string
  readonly persona: Persona
  readonly journal: Journal
  readonly limits: HostLimits
  /** Folder of captured files, by SHA-256. */
  readonly captureDir: string
  /** Byte budget of that folder; oldest first. */
  readonly captureMaxBytes: number
  /** PEM key and certificate of the persona. */
  readonly tls: { readonly key: string; readonly cert: string }
  readonly log: (message: string) => void
  /** Sees every journaled event, for the terminal view; must not block. Not called when undefined. */
  readonly onEvent?: ((event: SensorEvent) => void) | undefined
}

export interface ListeningService {
  readonly definition: ServiceDefinition
  /** The real port. */
  readonly port: number
  /** Stops listening. Open sessions go on. */
  stop(): Promise<void>
}

export interface HostStats {
  readonly openConnections: number
  readonly openConversations: number
  readonly trackedSources: number
  /** Counters since the start, by name: sessions, events, eventsUnjournaled, droppedConnections{reason}, udpWithheld, faults … */
  readonly counters: Readonly<Record<string, number>>
}

export interface Host {
  /** @throws PropolisError LISTEN_FAILED */
  listen(definition: ServiceDefinition): Promise<ListeningService>
  /** Limits and persona for sessions that begin from now on. */
  reconfigure(change: Partial<Pick<HostOptions, "limits" | "persona" | "tls">>): void
  stats(): HostStats
  /** Stops listening, ends what is open within `graceMs`, flushes. Idempotent. */
  close(graceMs: number): Promise<void>
}

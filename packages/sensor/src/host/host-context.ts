/** What all sessions of a host share. */
import type { SecureContext } from "node:tls"
import type { Persona } from "@propolis/core"
import type { CaptureStore } from "./capture-store.ts"
import type { Counters } from "./counters.ts"
import type { DeadlineQueue } from "./deadline-queue.ts"
import type { EventWriter } from "./event-writer.ts"
import type { Source, SourceTable } from "./source-table.ts"
import { createServerContext } from "./tls-settings.ts"
import type { HostLimits, HostOptions } from "./types.ts"
import type { UdpBudget } from "./udp-budget.ts"

/** What can change while the host runs; a session keeps the one it began with. */
export interface Policy {
  readonly limits: HostLimits
  readonly persona: Persona
  /** Made when it is needed first. */
  secureContext(): SecureContext
}

/** As much of a TCP session as the host itself deals with. */
export interface OpenSession {
  /** Looks at deadlines. */
  sweep(nowMs: number): void
  /** Begins the end; what was sent still leaves. */
  stop(): void
  destroy(): void
}

/** As much of a UDP conversation as the host itself deals with. */
export interface OpenConversation {
  sweep(nowMs: number): void
  /** Ends it; its peer may begin another. */
  forget(): void
  isOf(source: Source): boolean
}

export interface HostContext {
  readonly sensor: string
  policy: Policy
  readonly writer: EventWriter
  readonly counters: Counters
  readonly deadlines: DeadlineQueue
  readonly sources: SourceTable
  readonly budget: UdpBudget
  readonly captures: CaptureStore
  readonly sessions: Set<OpenSession>
  /** Oldest first, of all UDP services. */
  readonly conversations: Set<OpenConversation>
  /** UDP ports that this host listens on, with how many services do: peers there may be sensors like this one. */
  readonly udpPorts: Map<number, number>
  readonly newId: () => string
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /** Limited by kind. */
  readonly report: (kind: string, message: string) => void
}

export function createPolicy(options: Pick<HostOptions, "limits" | "persona" | "tls">): Policy {
  const { limits, persona, tls } = options
  let context: SecureContext | undefined
  return {
    limits,
    persona,
    secureContext() {
      context ??= createServerContext(tls)
      return context
    },
  }
}

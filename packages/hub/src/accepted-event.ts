/**
 * An event as the hub's journal keeps it: one JSON line, the wire event of core plus what the hub
 * knows. Written by ingest, read by the loader; both are this process, so it is trusted.
 */
import type { WireEvent } from "@propolis/core"

export interface AcceptedEvent extends WireEvent {
  /** When the hub received it, Unix ms: the hub's truth. `time` is the sensor's claim. */
  readonly received: number
  /** Account that contributed it. */
  readonly account: number
  /** ISO 3166-1 alpha-2, empty where unknown. */
  readonly country: string
  /** 0 where unknown. */
  readonly asn: number
  readonly asName: string
}

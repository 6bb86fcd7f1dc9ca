/**
 * Who may be reported to others: a source that completed a TCP hand-shake (a UDP packet's source may be anybody),
 * that may be a host on the public Internet, and that is not the sensor or whoever the operator excepted.
 */
import { blockContains, parseAddress, parseBlock, type SensorEvent, specialUseOf } from "@propolis/core"
import { z } from "zod"

/** Older events are no news: what waited longer, for whatever reason, is not reported. */
const maxAgeMs = 86_400_000

export const neverOption = z
  .array(
    z
      .string()
      .refine(
        (text) => parseBlock(text) !== undefined,
        "expected an address or a block such as 192.0.2.0/24",
      ),
  )
  .max(1_000)
  .default([])
  .describe(
    "Addresses and blocks that are never reported: your own public address, your monitoring. Special-use addresses and the sensor's own never are.",
  )

export interface ReportableOptions {
  readonly never: readonly string[]
  /** Unix milliseconds. */
  readonly now: () => number
}

export function createReportable({ never, now }: ReportableOptions): (event: SensorEvent) => boolean {
  const blocks = never.map((text) => parseBlock(text)!)
  /** Addresses that the sensor was reached at: it cannot have attacked itself. */
  const own = new Set<string>()
  return (event) => {
    if (own.size < 1_000) own.add(event.localHost)
    if (event.protocol !== "TCP" || own.has(event.remoteHost)) return false
    if (event.time < now() - maxAgeMs || specialUseOf(event.remoteHost) !== undefined) return false
    const address = parseAddress(event.remoteHost)
    return address !== undefined && !blocks.some((block) => blockContains(block, address))
  }
}

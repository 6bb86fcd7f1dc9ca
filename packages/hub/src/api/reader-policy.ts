/**
 * What a reader may see. Without an account: the last 24 hours, seven days of activity, and nothing
 * that tells of the sensors. In a community hub, only routable sources are public.
 */
import { type StoredEvent, specialUseOf } from "@propolis/core"
import { HttpError } from "./http-error.ts"
import type { Principal } from "./principal.ts"

const hourMs = 3_600_000
export const anonymousHours = 24
const anonymousDays = 7

export interface ReaderPolicy {
  readonly anonymous: boolean
  /** Earliest time to be seen; undefined: everything. */
  earliest(now: number): number | undefined
  /** @throws HttpError 401 */
  checkHours(hours: number): void
  /** @throws HttpError 401 */
  checkDays(days: number): void
  showsHost(address: string): boolean
  /** The event as this reader may see it; undefined: not at all. */
  event(event: StoredEvent, now: number): StoredEvent | undefined
  /** What tells of the sensor, taken out where the reader has no account. */
  withoutSensor<Row extends { sensor: string; localPort: number; remotePort: number }>(row: Row): Row
}

export function readerPolicy(principal: Principal, mode: "private" | "community"): ReaderPolicy {
  const anonymous = principal.kind === "anonymous"
  const showsHost = (address: string) =>
    !(anonymous && mode === "community" && specialUseOf(address) !== undefined)
  const withoutSensor: ReaderPolicy["withoutSensor"] = (row) =>
    anonymous ? { ...row, sensor: "", localPort: 0, remotePort: 0 } : row
  const earliest = (now: number) => (anonymous ? now - anonymousHours * hourMs : undefined)
  return {
    anonymous,
    earliest,
    checkHours(hours) {
      if (anonymous && hours > anonymousHours) throw new HttpError(401, "Log in to see more than 24 hours")
    },
    checkDays(days) {
      if (anonymous && days > anonymousDays) throw new HttpError(401, "Log in to see more than seven days")
    },
    showsHost,
    withoutSensor,
    event(event, now) {
      if (!showsHost(event.remoteHost) || event.time < (earliest(now) ?? 0)) return undefined
      return withoutSensor(event)
    },
  }
}

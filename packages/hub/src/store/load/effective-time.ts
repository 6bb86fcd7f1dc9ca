/** Which time an event is stored under. The receive time is the hub's truth; the sensor's clock is a claim. */

/** How far a sensor's clock may run ahead. */
export const clockAheadMs = 5 * 60_000
export const dayMs = 86_400_000

/** The sensor's time where it lies within [received − retention, received + 5 min], otherwise the receive time. Unix ms. */
export function effectiveTime(time: number, received: number, retentionDays: number): number {
  return time >= received - retentionDays * dayMs && time <= received + clockAheadMs ? time : received
}

/** Hours of the day without messages. */
import type { QuietTime } from "./digest-options.ts"

const minuteMs = 60_000
const dayMinutes = 1_440

/** Milliseconds from `nowMs` to the end of quiet; 0 where it is not quiet. A change of the clocks may shift it by an hour. */
export function quietForMs(quiet: QuietTime | undefined, nowMs: number): number {
  if (quiet === undefined) return 0
  const from = minutesOf(quiet.from)
  const to = minutesOf(quiet.to)
  const now = minuteOfDay(quiet.timeZone, nowMs)
  const sinceFrom = (now - from + dayMinutes) % dayMinutes
  const length = (to - from + dayMinutes) % dayMinutes
  if (sinceFrom >= length) return 0
  return (length - sinceFrom) * minuteMs - (nowMs % minuteMs)
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
}

function minuteOfDay(timeZone: string, nowMs: number): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  })
  return minutesOf(format.format(nowMs))
}

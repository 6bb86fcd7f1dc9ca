/** Rollups count whole hours. A span of time asks for every hour that it touches. */
export interface Span {
  /** Unix ms, inclusive. */
  readonly from: number
  /** Unix ms, exclusive. */
  readonly to: number
}

export const hourMs = 3_600_000

/** The hours that a span touches: its start rounded down, its end rounded up. */
export function wholeHours(span: Span): Span {
  return { from: Math.floor(span.from / hourMs) * hourMs, to: Math.ceil(span.to / hourMs) * hourMs }
}

/** Bound as `{fromHour:UInt32}` and `{toHour:UInt32}`: Unix seconds. */
export function hourParameters(span: Span): { fromHour: number; toHour: number } {
  const { from, to } = wholeHours(span)
  return { fromHour: Math.max(0, from / 1000), toHour: Math.max(0, to / 1000) }
}

/** The days (UTC) that a span touches, bound as `{fromDay:Date}` and, inclusive, `{lastDay:Date}`. */
export function dayParameters(span: Span): { fromDay: string; lastDay: string } {
  return { fromDay: dayText(span.from), lastDay: dayText(span.to - 1) }
}

/** `YYYY-MM-DD` of a moment, within what the engine's Date can hold. */
export function dayText(timeMs: number): string {
  return new Date(Math.min(latestMs, Math.max(0, timeMs))).toISOString().slice(0, 10)
}

const latestMs = Date.UTC(2149, 5, 6)

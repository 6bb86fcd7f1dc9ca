/** `Retry-After` in milliseconds: seconds or a date (RFC 9110 §10.2.3); `undefined` where it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^[0-9]{1,9}$/.test(header)) return Number(header) * 1_000
  // Date.parse takes far more than RFC 9110's dates, all of which begin with a day's name.
  const date = /^[A-Za-z]{3,9},? /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}

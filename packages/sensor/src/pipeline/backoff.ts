/** Exponential back-off with full jitter: many sensors that lost one hub do not come back at the same moment. */
export interface BackoffOptions {
  readonly firstMs: number
  readonly capMs: number
}

/** No peer can make a handler wait longer than this. */
const maxRetryAfterMs = 3_600_000

/**
 * How long to wait after the `failures`-th failure in a row (from 1). What the peer asked for is
 * waited for at least. `random` gives a number from 0 to 1.
 */
export function backoffMs(
  failures: number,
  options: BackoffOptions,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const ceiling = Math.min(options.capMs, options.firstMs * 2 ** Math.min(failures - 1, 30))
  const jitter = random() * ceiling
  if (retryAfterMs === undefined) return jitter
  return Math.min(Math.max(retryAfterMs, 0), maxRetryAfterMs) + random() * options.firstMs
}

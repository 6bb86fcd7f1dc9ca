/** A log that an attacker cannot fill: the same kind of line at most once in a while, with how often it was left out. */
const everyMs = 10_000

export function createLimitedLog(
  log: (message: string) => void,
  nowMs: () => number,
): (kind: string, message: string) => void {
  const kinds = new Map<string, { lastMs: number; omitted: number }>()
  return (kind, message) => {
    const now = nowMs()
    const state = kinds.get(kind)
    if (state !== undefined && now - state.lastMs < everyMs) {
      state.omitted++
      return
    }
    const omitted = state?.omitted ?? 0
    // Kinds are named by the host and by emulators' names: a handful.
    kinds.set(kind, { lastMs: now, omitted: 0 })
    log(omitted === 0 ? message : `${message} (and ${omitted} more of its kind)`)
  }
}

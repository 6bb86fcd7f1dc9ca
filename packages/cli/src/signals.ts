/** What signals mean to the programs: the one place where they are listened to. */

export const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
}

/** Whether the process was asked to end. */
let firstAt = 0
/** A terminal's Ctrl-C and a supervisor's signal may both arrive: only a later one means impatience. */
const patienceMs = 1_000

/** Calls `stop` once on SIGINT, SIGTERM, or when a supervising parent is gone; a second signal more than a second later ends at once. */
export function onStop(stop: () => void): void {
  const signal = (name: NodeJS.Signals) => {
    const now = Date.now()
    if (firstAt === 0) {
      firstAt = now
      stop()
    } else if (now - firstAt > patienceMs) {
      process.exit(128 + (signalNumbers[name] ?? 1))
    }
  }
  process.on("SIGINT", signal)
  process.on("SIGTERM", signal)
  // A terminal that is closed means the end; without one, SIGHUP is a request (see onReload).
  if (endsOnHangUp()) process.on("SIGHUP", signal)
  if (process.env.PROPOLIS_SUPERVISED === "1" && process.channel) {
    process.once("disconnect", () => {
      if (firstAt === 0) {
        firstAt = Date.now()
        stop()
      }
    })
  }
}

/** Calls `reload` on every SIGHUP, unless the process belongs to a terminal or is asked to end. */
export function onReload(reload: () => void): void {
  if (endsOnHangUp()) return
  process.on("SIGHUP", () => {
    if (firstAt === 0) reload()
  })
}

function endsOnHangUp(): boolean {
  // Windows sends it for a closed window only, and ends the process soon after.
  return process.stdin.isTTY === true || process.platform === "win32"
}

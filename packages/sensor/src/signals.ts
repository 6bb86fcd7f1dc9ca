/** SIGINT and SIGTERM stop the sensor, SIGHUP reads the configuration again. */

export interface SignalActions {
  stop(): void
  reload(): void
  log(message: string): void
}

/** Starts listening; the function returned stops it. A second SIGINT or SIGTERM ends the process at once. */
export function listenToSignals(actions: SignalActions): () => Promise<void> {
  let stopping = false
  const onStop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    actions.log(`${signal}: stopping; once more to stop at once`)
    actions.stop()
  }
  const onReload = () => {
    if (!stopping) actions.reload()
  }
  process.on("SIGINT", onStop)
  process.on("SIGTERM", onStop)
  process.on("SIGHUP", onReload)
  return async () => {
    // The signal of a second Ctrl-C must still work while the rest is closed: those two listeners stay until the process ends.
    process.off("SIGHUP", onReload)
    if (stopping) return
    process.off("SIGINT", onStop)
    process.off("SIGTERM", onStop)
  }
}

import type { Connection, Timer } from "@propolis/core"

/** Bytes that come closer together than this are one receipt. */
const burstGapMs = 10

/**
 * Calls `answer` once for each burst of bytes: TCP cuts a message anywhere, so that "on each receipt"
 * needs a pause to mean something.
 */
export function answerPerBurst(connection: Connection, answer: () => void): { data(): void; end(): void } {
  let waiting: Timer | undefined
  return {
    data() {
      waiting ??= connection.after(burstGapMs, () => {
        waiting = undefined
        answer()
      })
    },
    end() {
      waiting?.cancel()
    },
  }
}

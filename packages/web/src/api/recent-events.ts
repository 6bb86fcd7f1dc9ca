import type { StoredEvent } from "@propolis/core"

/** How long is waited for what came before; the live stream itself goes on meanwhile. */
const maxWaitMs = 3_000

/** The hub's place in its sequence, as its `hello` tells; 0 where it does not. */
export function sequenceOf(hello: string): number {
  try {
    const { sequence } = JSON.parse(hello) as { sequence?: unknown }
    return typeof sequence === "number" && Number.isSafeInteger(sequence) ? sequence : 0
  } catch {
    return 0
  }
}

/**
 * Events of a live stream after one place up to another, oldest first. An `EventSource` cannot say where
 * it wants to begin, so the same stream is read by `fetch` with the header of a reconnect, and let go.
 */
export async function recentEvents(url: string, after: number, upTo: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), maxWaitMs)
  try {
    const response = await fetch(url, {
      headers: { accept: "text/event-stream", "last-event-id": String(after) },
      signal: stop.signal,
    })
    if (!response.ok || response.body === null) return events
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ""
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const messages = (rest + part.value).split("\n\n")
      rest = messages.pop() ?? ""
      for (const message of messages) {
        const event = eventOf(message)
        if (event !== undefined) events.push(event)
      }
      if ((events.at(-1)?.sequence ?? 0) >= upTo) break
    }
  } catch {
    // Given up: the live stream shows what comes from now on.
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
  return events
}

function eventOf(message: string): StoredEvent | undefined {
  const lines = message.split("\n")
  if (!lines.includes("event: event")) return undefined
  const data = lines.find((line) => line.startsWith("data: "))
  try {
    return data === undefined ? undefined : (JSON.parse(data.slice(6)) as StoredEvent)
  } catch {
    return undefined
  }
}

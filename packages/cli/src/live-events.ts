/** The hub's live stream (server-sent events, HTML Living Standard §9.2, as far as the hub writes it). */
import { PropolisError, type StoredEvent } from "@propolis/core"

/** Opens the stream, after the event with that id where one is given. */
export type OpenStream = (lastEventId: string | undefined) => Promise<AsyncIterable<string>>

export interface FollowOptions {
  readonly open: OpenStream
  readonly signal: AbortSignal
  /** Called with what is not an event: that the stream broke off, that events were skipped. */
  tell(line: string): void
}

/** What the standard leaves to the client, until the hub names another. */
const defaultRetryMs = 2_000
const maxRetryMs = 30_000

interface Place {
  lastEventId: string | undefined
  retryMs: number
}

/**
 * Every event from now on. The hub ends each stream after a while, and may itself be restarted: the next
 * stream begins where the last one ended. Ends when `signal` is aborted.
 * @throws PropolisError what `open` throws at first, or what cannot become better by waiting.
 */
export async function* followEvents(options: FollowOptions): AsyncGenerator<StoredEvent> {
  const { open, signal, tell } = options
  const place: Place = { lastEventId: undefined, retryMs: defaultRetryMs }
  let isAway = false
  let wasThere = false
  while (!signal.aborted) {
    try {
      const chunks = await open(place.lastEventId)
      if (isAway) tell("connected again")
      isAway = false
      wasThere = true
      yield* eventsOf(chunks, place, tell)
    } catch (error) {
      if (signal.aborted) return
      if (!wasThere || !isPassing(error)) throw error
      if (!isAway) tell("the hub is away; trying again until it is back")
      isAway = true
    }
    await pause(place.retryMs, signal)
  }
}

/** A hub that does not answer, or (fetch's TypeError) a connection that broke off. */
function isPassing(error: unknown): boolean {
  return error instanceof PropolisError ? error.code === "HUB_UNREACHABLE" : error instanceof TypeError
}

async function* eventsOf(
  chunks: AsyncIterable<string>,
  place: Place,
  tell: (line: string) => void,
): AsyncGenerator<StoredEvent> {
  let rest = ""
  for await (const chunk of chunks) {
    const blocks = (rest + chunk).split("\n\n")
    rest = blocks.pop()!
    for (const block of blocks) {
      const retry = field(block, "retry")
      if (retry !== undefined && /^[0-9]{1,9}$/.test(retry)) {
        place.retryMs = Math.min(Number(retry), maxRetryMs)
      }
      const data = field(block, "data")
      if (data === undefined) continue
      const kind = field(block, "event")
      if (kind === "hello") {
        // Before the first event: what is stored while nobody is connected is still to come.
        place.lastEventId ??= String((JSON.parse(data) as { sequence: number }).sequence)
      } else if (kind === "skipped") {
        tell(`${(JSON.parse(data) as { events: number }).events} events were too many to follow and left out`)
      } else if (kind === "event") {
        const event = JSON.parse(data) as StoredEvent
        yield event
        place.lastEventId = field(block, "id") ?? place.lastEventId
      }
    }
  }
}

function field(block: string, name: string): string | undefined {
  const prefix = `${name}: `
  return block
    .split("\n")
    .find((line) => line.startsWith(prefix))
    ?.slice(prefix.length)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const stop = () => resolve()
  signal.addEventListener("abort", stop)
  await promise
  clearTimeout(timer)
  signal.removeEventListener("abort", stop)
}

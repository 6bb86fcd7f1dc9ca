/** Starts a loop for every log handler; what one does never delays another. */
import { retryIsRequested } from "./dead-letter-retry.ts"
import { HandlerLoop } from "./handler-loop.ts"
import type { HandlerStats, Pipeline, PipelineHandler, PipelineOptions } from "./types.ts"

const lookForRequestsMs = 2_000

/** Delivers what `journal` holds and gets to every handler, each at its own durable cursor, at least once and in order. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const loops = new Map<string, HandlerLoop>()
  const starting = new Set<string>()
  let closing: Promise<void> | undefined

  async function add(entry: PipelineHandler): Promise<void> {
    if (closing !== undefined) throw new Error("the pipeline is closed")
    if (loops.has(entry.name) || starting.has(entry.name)) throw new Error(`log handler ${entry.name} exists`)
    starting.add(entry.name)
    try {
      const cursor = await options.journal.cursor(cursorNameOf(entry.name), entry.from ?? "oldest")
      cursor.rewind()
      loops.set(entry.name, new HandlerLoop(entry, cursor, options))
    } finally {
      starting.delete(entry.name)
    }
  }

  /** A request to try dead letters again comes from another process, as a file. */
  async function lookForRequests(): Promise<void> {
    for (const [name, loop] of loops) {
      if (await retryIsRequested(options.dataDir, name)) loop.retryLetters()
    }
  }
  const looking = setInterval(() => void lookForRequests(), lookForRequestsMs)
  looking.unref()

  for (const entry of options.handlers) await add(entry)
  return {
    stats() {
      const stats: Record<string, HandlerStats> = {}
      for (const [name, loop] of loops) stats[name] = loop.stats()
      return stats
    },
    add,
    async remove(name, { forget = false } = {}) {
      const loop = loops.get(name)
      await loop?.close()
      loops.delete(name)
      if (forget) await options.journal.removeCursor(cursorNameOf(name))
    },
    async drain(ms) {
      const { record } = options.journal.end
      const signal = AbortSignal.timeout(ms)
      await Promise.all([...loops.values()].map((loop) => loop.drain(record, signal)))
      return [...loops.values()].every((loop) => loop.committedRecord >= record)
    },
    close() {
      clearInterval(looking)
      closing ??= Promise.all([...loops.values()].map((loop) => loop.close())).then(() => {})
      return closing
    },
  }
}

/** The journal may have cursors that are no log handler's. */
function cursorNameOf(handler: string): string {
  return `log-handler ${handler}`
}

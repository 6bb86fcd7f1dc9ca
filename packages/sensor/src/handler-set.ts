/** Keeps the log handlers that run in step with those that are configured. */
import { isDeepStrictEqual } from "node:util"
import type { ConfiguredHandler } from "./config/config.ts"
import type { Pipeline } from "./pipeline/types.ts"
import type { HandlerStatus } from "./status/sensor-status.ts"

export interface HandlerSet {
  /** Adds, removes and restarts handlers; each keeps its place in the journal under its name. */
  apply(handlers: readonly ConfiguredHandler[]): Promise<{ readonly changed: readonly string[] }>
  status(): readonly HandlerStatus[]
}

export function createHandlerSet(pipeline: Pipeline): HandlerSet {
  let running = new Map<string, ConfiguredHandler>()
  return {
    async apply(handlers) {
      const wanted = new Map(handlers.filter((each) => each.enabled).map((each) => [each.name, each]))
      const changed = new Set<string>()
      for (const [name, old] of running) {
        const next = wanted.get(name)
        if (
          next !== undefined &&
          next.handler === old.handler &&
          isDeepStrictEqual(next.options, old.options) &&
          isDeepStrictEqual(next.filter, old.filter)
        )
          continue
        await pipeline.remove(name)
        running.delete(name)
        changed.add(name)
      }
      for (const [name, next] of wanted) {
        if (running.has(name)) continue
        const { handler, options, filter, secrets } = next
        await pipeline.add({ name, handler, options, secrets, ...(filter === undefined ? {} : { filter }) })
        running = new Map([...running, [name, next]])
        changed.add(name)
      }
      return { changed: [...changed] }
    },
    status() {
      const stats = pipeline.stats()
      return [...running.values()].flatMap(({ name, handler }) => {
        const one = stats[name]
        if (one === undefined) return []
        const trying = one.state === "retrying" || one.state === "opening"
        return {
          name,
          handler: handler.name,
          delivered: one.delivered,
          rejected: one.rejected,
          skipped: one.skipped,
          retries: one.failedAttempts,
          lag: one.lag,
          failing: trying ? one.lastError : undefined,
        }
      })
    },
  }
}

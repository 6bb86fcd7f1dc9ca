/** The store's queries for the API, at most so many at once: beyond that a reader is asked to come back. */
import { PropolisError } from "@propolis/core"
import type { Reads } from "./api/index.ts"
import {
  activity,
  eventsAfter,
  hostSessions,
  hostSummary,
  type Store,
  serviceHosts,
  sessionEvents,
  topHosts,
  topServices,
} from "./store/index.ts"

const maxConcurrent = 64

export function guardedReads(store: Store): Reads {
  let running = 0
  const guard =
    <Request, Answer>(query: (store: Store, request: Request) => Promise<Answer>) =>
    async (request: Request): Promise<Answer> => {
      if (running >= maxConcurrent) {
        throw new PropolisError("STORE_FAILED", "too many queries at once", { retryAfterMs: 1_000 })
      }
      running++
      try {
        return await query(store, withoutUndefined(request))
      } finally {
        running--
      }
    }
  return {
    activity: guard(activity),
    topHosts: guard(topHosts),
    topServices: guard(topServices),
    serviceHosts: guard(serviceHosts),
    hostSummary: guard(hostSummary) as Reads["hostSummary"],
    hostSessions: guard(hostSessions) as Reads["hostSessions"],
    sessionEvents: guard(sessionEvents),
    eventsAfter: guard(eventsAfter),
  }
}

/** An option that is not given is absent, as the queries' types say. */
function withoutUndefined<Request>(request: Request): Request {
  const given = Object.entries(request as object).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as Request
}

/** The ten queries that the pages and the feeds live on, each with its bar in milliseconds. */
import { bytesFromText } from "@propolis/core"
import {
  activity,
  badHosts,
  hostSessions,
  hostSummary,
  payloadSearch,
  type Store,
  serviceHosts,
  sessionEvents,
  topCredentials,
  topHosts,
  topServices,
} from "../../packages/hub/src/store/index.ts"

export interface BenchQuery {
  readonly name: string
  readonly barMs: number
  /** Resolves to the number of rows. */
  run(): Promise<number>
}

const hourMs = 3_600_000

/** @param to end of the generated events, Unix ms */
export async function tenQueries(store: Store, to: number): Promise<BenchQuery[]> {
  const day = { from: to - 24 * hourMs, to }
  const week = { from: to - 7 * 24 * hourMs, to }
  // The busiest host is the worst case of every page about one host.
  const [busiest] = await topHosts(store, { ...week, limit: 1 })
  const host = busiest!.remoteHost
  const { rows: sessions } = await hostSessions(store, { host, limit: 50 })
  let turn = 0
  return [
    { name: "activity 7 d", barMs: 60, run: async () => (await activity(store, week)).times.length },
    {
      name: "top hosts 24 h",
      barMs: 60,
      run: async () => (await topHosts(store, { ...day, limit: 10 })).length,
    },
    {
      name: "top services 24 h",
      barMs: 60,
      run: async () => (await topServices(store, { ...day, limit: 10 })).length,
    },
    {
      name: "hosts of a service 24 h",
      barMs: 60,
      run: async () => (await serviceHosts(store, { service: "telnet", ...day, limit: 10 })).length,
    },
    {
      name: "host summary",
      barMs: 60,
      run: async () => (await hostSummary(store, { host }))!.services.length,
    },
    {
      name: "host sessions page",
      barMs: 100,
      run: async () => (await hostSessions(store, { host, limit: 50 })).rows.length,
    },
    {
      name: "session events",
      barMs: 100,
      run: async () => {
        const { session } = sessions[turn++ % sessions.length]!
        return (await sessionEvents(store, { session, limit: 1_000 }))!.events.length
      },
    },
    {
      name: "bad hosts 24 h, whole list",
      barMs: 400,
      run: async () => {
        let count = 0
        for await (const rows of badHosts(store, day)) count += rows.length
        return count
      },
    },
    {
      name: "payload substring 7 d",
      barMs: 1_500,
      run: async () =>
        (await payloadSearch(store, { needle: bytesFromText("owned\u0007"), ...week, limit: 100 })).length,
    },
    {
      name: "top credentials 7 d",
      barMs: 60,
      run: async () => (await topCredentials(store, { ...week, limit: 20 })).length,
    },
  ]
}

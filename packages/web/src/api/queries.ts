/** What the pages ask the hub: one function a question, keyed by the question itself. */
import type {
  Activity,
  ApiKey,
  HostRows,
  HostSummary,
  Me,
  ServiceRows,
  SessionDetail,
  SessionPage,
} from "@propolis/core"
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query"
import { getJson } from "./fetch-json.ts"

const refreshMs = 15_000
/** While there is nothing: whoever attacks the own sensor for the first time looks at the page for it. */
const emptyRefreshMs = 2_000
/** Sessions on one page of a host's list. */
const sessionsPerPage = 25
/** The most events that one session page asks for. */
export const maxSessionEvents = 1_000

function live<T>(path: string, isEmpty: (answer: T) => boolean) {
  return queryOptions({
    queryKey: [path],
    queryFn: ({ signal }) => getJson<T>(path, signal),
    refetchInterval: ({ state }) =>
      state.data !== undefined && isEmpty(state.data) ? emptyRefreshMs : refreshMs,
    placeholderData: keepPreviousData,
  })
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => getJson<Me>("/api/web/me", signal),
  staleTime: 60_000,
})

const noRows = ({ rows }: { rows: readonly unknown[] }) => rows.length === 0

export const activityQuery = (days: number) =>
  live<Activity>(
    `/api/web/activity?days=${days}`,
    ({ totals }) => totals.connections + totals.received + totals.transmitted === 0,
  )

export const topHostsQuery = (hours: number, limit = 10) =>
  live<HostRows>(`/api/web/hosts/top?hours=${hours}&limit=${limit}`, noRows)

export const topServicesQuery = (hours: number, limit = 10) =>
  live<ServiceRows>(`/api/web/services/top?hours=${hours}&limit=${limit}`, noRows)

export const serviceHostsQuery = (service: string, hours: number, limit = 10) =>
  live<HostRows>(
    `/api/web/services/${encodeURIComponent(service)}/hosts?hours=${hours}&limit=${limit}`,
    noRows,
  )

export const hostQuery = (address: string) =>
  queryOptions({
    queryKey: ["host", address],
    queryFn: ({ signal }) => getJson<HostSummary>(`/api/web/hosts/${encodeURIComponent(address)}`, signal),
    refetchInterval: refreshMs,
  })

export const hostSessionsQuery = (address: string) =>
  infiniteQueryOptions({
    queryKey: ["host", address, "sessions"],
    queryFn: ({ pageParam, signal }) => {
      const before = pageParam === "" ? "" : `&before=${encodeURIComponent(pageParam)}`
      return getJson<SessionPage>(
        `/api/web/hosts/${encodeURIComponent(address)}/sessions?limit=${sessionsPerPage}${before}`,
        signal,
      )
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const sessionQuery = (session: string) =>
  queryOptions({
    queryKey: ["session", session],
    queryFn: ({ signal }) =>
      getJson<SessionDetail>(
        `/api/web/sessions/${encodeURIComponent(session)}?limit=${maxSessionEvents}`,
        signal,
      ),
  })

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) => getJson<{ apiId: string; keys: ApiKey[] }>("/api/web/keys", signal),
})

/** What the API asks of the store: the queries, bound to it. Times are Unix milliseconds. */
import type {
  Activity,
  HostRow,
  HostSummary,
  ServiceRow,
  SessionDetail,
  SessionPage,
  StoredEvent,
} from "@propolis/core"

export interface Span {
  /** Inclusive. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

export interface Reads {
  activity(request: Span): Promise<Activity>
  topHosts(request: Span & { readonly limit: number }): Promise<HostRow[]>
  topServices(request: Span & { readonly limit: number }): Promise<ServiceRow[]>
  serviceHosts(request: Span & { readonly service: string; readonly limit: number }): Promise<HostRow[]>
  /** undefined where the host was not seen. */
  hostSummary(request: {
    readonly host: string
    readonly from?: number | undefined
    readonly to?: number | undefined
  }): Promise<HostSummary | undefined>
  hostSessions(request: {
    readonly host: string
    readonly before?: string | undefined
    readonly from?: number | undefined
    readonly limit: number
  }): Promise<SessionPage>
  /** undefined where there is no such session. */
  sessionEvents(request: {
    readonly session: string
    readonly limit: number
  }): Promise<SessionDetail | undefined>
  /** Events with a greater sequence, ascending, up to the settled watermark. */
  eventsAfter(request: { readonly sequence: number; readonly limit: number }): Promise<StoredEvent[]>
}

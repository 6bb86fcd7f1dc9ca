/** What the pages show: activity, hosts, services, sessions, events. */
import {
  activitySchema,
  hostRowsSchema,
  hostSummarySchema,
  namePattern,
  normalizeAddress,
  serviceRowsSchema,
  sessionDetailSchema,
  sessionPageSchema,
} from "@propolis/core"
import { z } from "zod"
import { defineRoute, type RouteDefinition } from "./define-route.ts"
import { HttpError } from "./http-error.ts"
import { readerPolicy } from "./reader-policy.ts"

const hourMs = 3_600_000
/** The most payload of one answer, in base64: more is cut off by events, and `more` says so. */
const maxAnswerDataLength = 4 * 1024 * 1024
// So many rows more are asked for where some may have to be left out.
const spareRows = 100

const hours = z.coerce.number().int().min(1).max(2_160).default(24)
const listQuery = z.object({ hours, limit: z.coerce.number().int().min(1).max(1_000).default(10) })
const hostParams = z.object({
  address: z.string().transform((text, context) => {
    const normal = normalizeAddress(text)
    if (normal !== undefined) return normal
    context.addIssue({ code: "custom", message: "expected an IPv4 or IPv6 address" })
    return z.NEVER
  }),
})

function spanOf(spanHours: number, now: number) {
  return { from: now - spanHours * hourMs, to: now }
}

export const dataRoutes: readonly RouteDefinition[] = [
  defineRoute({
    method: "GET",
    path: "/api/web/activity",
    summary: "Connections, received and transmitted by hour",
    access: "reader",
    query: z.object({ days: z.coerce.number().int().min(1).max(90).default(7) }),
    status: 200,
    answer: activitySchema,
    handle: async ({ query, principal, ports }) => {
      readerPolicy(principal, ports.mode).checkDays(query.days)
      const to = (Math.floor(ports.now() / hourMs) + 1) * hourMs
      return ports.reads.activity({ from: to - query.days * 24 * hourMs, to })
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/web/hosts/top",
    summary: "The busiest hosts",
    access: "reader",
    query: listQuery,
    status: 200,
    answer: hostRowsSchema,
    handle: async ({ query, principal, ports }) => {
      const policy = readerPolicy(principal, ports.mode)
      policy.checkHours(query.hours)
      const span = spanOf(query.hours, ports.now())
      const rows = await ports.reads.topHosts({ ...span, limit: query.limit + spareRows })
      return {
        ...span,
        rows: rows.filter((row) => policy.showsHost(row.remoteHost)).slice(0, query.limit),
      }
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/web/services/top",
    summary: "The busiest services",
    access: "reader",
    query: listQuery,
    status: 200,
    answer: serviceRowsSchema,
    handle: async ({ query, principal, ports }) => {
      readerPolicy(principal, ports.mode).checkHours(query.hours)
      const span = spanOf(query.hours, ports.now())
      return { ...span, rows: await ports.reads.topServices({ ...span, limit: query.limit }) }
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/web/services/:service/hosts",
    summary: "The busiest hosts of a service",
    access: "reader",
    params: z.object({ service: z.string().regex(namePattern, "expected the name of a service") }),
    query: listQuery,
    status: 200,
    answer: hostRowsSchema,
    handle: async ({ params, query, principal, ports }) => {
      const policy = readerPolicy(principal, ports.mode)
      policy.checkHours(query.hours)
      const span = spanOf(query.hours, ports.now())
      const request = { ...span, service: params.service, limit: query.limit + spareRows }
      const rows = await ports.reads.serviceHosts(request)
      return {
        ...span,
        rows: rows.filter((row) => policy.showsHost(row.remoteHost)).slice(0, query.limit),
      }
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/web/hosts/:address",
    summary: "All about one host",
    access: "reader",
    params: hostParams,
    status: 200,
    answer: hostSummarySchema,
    refusals: [404],
    handle: async ({ params, principal, ports }) => {
      const policy = readerPolicy(principal, ports.mode)
      const request = { host: params.address, from: policy.earliest(ports.now()) }
      const summary = policy.showsHost(params.address) ? await ports.reads.hostSummary(request) : undefined
      if (summary === undefined) throw new HttpError(404, "Not found")
      return summary
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/web/hosts/:address/sessions",
    summary: "Sessions of one host, newest first",
    access: "reader",
    params: hostParams,
    query: z.object({
      before: z.string().min(1).max(256).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    status: 200,
    answer: sessionPageSchema,
    handle: async ({ params, query, principal, ports }) => {
      const policy = readerPolicy(principal, ports.mode)
      if (!policy.showsHost(params.address)) return { rows: [], next: null }
      const from = policy.earliest(ports.now())
      const page = await ports.reads.hostSessions({ host: params.address, from, ...query })
      return { rows: page.rows.map(policy.withoutSensor), next: page.next }
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/web/sessions/:session",
    summary: "One session and its events",
    access: "reader",
    params: z.object({ session: z.uuid().transform((text) => text.toLowerCase()) }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(5_000).default(1_000) }),
    status: 200,
    answer: sessionDetailSchema,
    refusals: [404],
    handle: async ({ params, query, principal, ports }) => {
      const policy = readerPolicy(principal, ports.mode)
      const detail = await ports.reads.sessionEvents({ session: params.session, limit: query.limit })
      const earliest = policy.earliest(ports.now()) ?? 0
      if (
        detail === undefined ||
        !policy.showsHost(detail.session.remoteHost) ||
        detail.session.endedAt < earliest
      )
        throw new HttpError(404, "Not found")
      let length = 0
      const fitting = detail.events.filter((event, i) => {
        length += event.data.length
        return i === 0 || length <= maxAnswerDataLength
      })
      return {
        session: policy.withoutSensor(detail.session),
        events: fitting.flatMap((event) => policy.event(event, ports.now()) ?? []),
        more: detail.more || fitting.length < detail.events.length,
      }
    },
  }),
]

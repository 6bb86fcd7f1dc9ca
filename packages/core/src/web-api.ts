/**
 * The typed API between the hub and its own pages (`/api/web/…`, session cookie). The hub checks its
 * requests and answers with these schemas; the pages import the types only.
 *
 * Times are Unix milliseconds, UTC. Counts are numbers below 2^53. Payloads are base64.
 */
import { z } from "zod"
import { eventKinds, protocols } from "./event.ts"

const count = z.int().min(0)
const timeMs = z.int()

// ── who is asking ──────────────────────────────────────────────────────────────────────────────
export const accountSchema = z.object({
  id: z.int(),
  email: z.string(),
  admin: z.boolean(),
  /** A one-time password must be replaced before anything else. */
  mustChangePassword: z.boolean(),
})
export type Account = z.infer<typeof accountSchema>

/** `GET /api/web/me` — always 200, also for anonymous readers. */
export const meSchema = z.object({
  account: accountSchema.nullable(),
  /** DESIGN §6 "Privacy and trust". */
  mode: z.enum(["private", "community"]),
  /** The hub is filled with generated events. */
  demo: z.boolean(),
  /** What a reader without an account may see: nothing, or the last 24 hours (seven days on Home). */
  anonymous: z.enum(["none", "recent"]),
  version: z.string(),
  /** Attribution of the address data in use, to be shown. */
  attribution: z.array(z.object({ text: z.string(), url: z.string() })),
})
export type Me = z.infer<typeof meSchema>

/** `POST /api/web/login` → 200 {@link accountSchema}, 401 {@link errorSchema}. */
export const loginSchema = z.strictObject({ email: z.string().max(254), password: z.string().max(1_024) })
/** `POST /api/web/password` → 204. */
export const passwordChangeSchema = z.strictObject({
  current: z.string().max(1_024),
  next: z.string().min(12).max(1_024),
})
// `POST /api/web/logout` → 204.

/** Every error answer of the hub: `{"status": "…"}`, with the faults of a bad request. */
export const errorSchema = z.object({
  status: z.string(),
  faults: z.array(z.object({ path: z.string(), reason: z.string() })).optional(),
})
export type ApiError = z.infer<typeof errorSchema>

// ── activity ───────────────────────────────────────────────────────────────────────────────────
/** `GET /api/web/activity?days=7` (1 to 90): one bucket an hour, ends at the current hour. */
export const activitySchema = z.object({
  from: timeMs,
  to: timeMs,
  bucketMs: z.int(),
  /** Start of each bucket; the series have the same length, zero where nothing happened. */
  times: z.array(timeMs),
  connections: z.array(count),
  received: z.array(count),
  transmitted: z.array(count),
  totals: z.object({ connections: count, received: count, transmitted: count, hosts: count }),
  /** The same span before `from`. */
  previous: z.object({ connections: count, received: count, transmitted: count }),
})
export type Activity = z.infer<typeof activitySchema>

// ── hosts and services ─────────────────────────────────────────────────────────────────────────
export const hostRowSchema = z.object({
  remoteHost: z.string(),
  /** Connections (TCP) and first datagrams of conversations (UDP): sessions begun. */
  connections: count,
  events: count,
  lastSeen: timeMs,
  /** ISO 3166-1 alpha-2, empty where unknown. */
  country: z.string(),
  /** 0 where unknown. */
  asn: count,
  asName: z.string(),
})
export type HostRow = z.infer<typeof hostRowSchema>

/** `GET /api/web/hosts/top?hours=24&limit=10` and `GET /api/web/services/:service/hosts?hours=24&limit=10` */
export const hostRowsSchema = z.object({ from: timeMs, to: timeMs, rows: z.array(hostRowSchema) })
export type HostRows = z.infer<typeof hostRowsSchema>

export const serviceRowSchema = z.object({
  service: z.string(),
  connections: count,
  events: count,
  hosts: count,
  lastSeen: timeMs,
})
export type ServiceRow = z.infer<typeof serviceRowSchema>
/** `GET /api/web/services/top?hours=24&limit=10` */
export const serviceRowsSchema = z.object({ from: timeMs, to: timeMs, rows: z.array(serviceRowSchema) })
export type ServiceRows = z.infer<typeof serviceRowsSchema>

/** `GET /api/web/hosts/:address` — 404 where it was never seen. */
export const hostSummarySchema = z.object({
  remoteHost: z.string(),
  firstSeen: timeMs,
  lastSeen: timeMs,
  connections: count,
  events: count,
  bytesReceived: count,
  bytesTransmitted: count,
  /** A TCP hand-shake was completed: the source is not spoofed. */
  verified: z.boolean(),
  country: z.string(),
  asn: count,
  asName: z.string(),
  /** What the address is reserved for, empty for a public one. */
  specialUse: z.string(),
  protocols: z.array(z.object({ protocol: z.enum(protocols), events: count })),
  services: z.array(z.object({ service: z.string(), events: count })),
  /** Per day, only days with events. */
  days: z.array(z.object({ day: timeMs, connections: count, events: count })),
})
export type HostSummary = z.infer<typeof hostSummarySchema>

export const sessionRowSchema = z.object({
  session: z.string(),
  remoteHost: z.string(),
  service: z.string(),
  protocol: z.enum(protocols),
  localPort: count,
  remotePort: count,
  sensor: z.string(),
  startedAt: timeMs,
  endedAt: timeMs,
  events: count,
  bytesReceived: count,
  bytesTransmitted: count,
})
export type SessionRow = z.infer<typeof sessionRowSchema>

/** `GET /api/web/hosts/:address/sessions?before=CURSOR&limit=50` (1 to 200), newest first. */
export const sessionPageSchema = z.object({ rows: z.array(sessionRowSchema), next: z.string().nullable() })
export type SessionPage = z.infer<typeof sessionPageSchema>

// ── events ─────────────────────────────────────────────────────────────────────────────────────
export const storedEventSchema = z.object({
  /** Hub-wide, rising, below 2^53. */
  sequence: count,
  id: z.string(),
  time: timeMs,
  sensor: z.string(),
  session: z.string(),
  seq: count,
  protocol: z.enum(protocols),
  event: z.enum(eventKinds),
  service: z.string(),
  emulator: z.string(),
  localPort: count,
  remoteHost: z.string(),
  remotePort: count,
  bytes: count,
  data: z.base64(),
  sha256: z.string(),
  attributes: z.record(z.string(), z.string()),
  country: z.string(),
  asn: count,
  asName: z.string(),
})
export type StoredEvent = z.infer<typeof storedEventSchema>

/** `GET /api/web/sessions/:session?limit=1000` — events by `seq`; 404 where unknown. */
export const sessionDetailSchema = z.object({
  session: sessionRowSchema,
  events: z.array(storedEventSchema),
  more: z.boolean(),
})
export type SessionDetail = z.infer<typeof sessionDetailSchema>

/**
 * `GET /api/web/live?service=&remoteHost=` — server-sent events: `event: event`, `data:` one
 * {@link storedEventSchema} as JSON, `id:` its sequence (so that a reconnect resumes); `event: hello` first
 * (`{"sequence"}`); `event: skipped` (`{"events"}`) where a reader was too far behind and jumped ahead.
 * Payloads over 4 KiB are cut here.
 */

// ── keys ───────────────────────────────────────────────────────────────────────────────────────
export const apiKeySchema = z.object({
  id: z.int(),
  apiId: z.string(),
  kind: z.enum(["read", "sensor"]),
  label: z.string(),
  createdAt: timeMs,
  lastUsedAt: timeMs.nullable(),
})
export type ApiKey = z.infer<typeof apiKeySchema>
/** `GET /api/web/keys` */
export const apiKeysSchema = z.object({ apiId: z.string(), keys: z.array(apiKeySchema) })
/** `POST /api/web/keys` `{kind, label}` → 201 with the key, shown this once. `DELETE /api/web/keys/:id` → 204. */
export const apiKeyRequestSchema = z.strictObject({
  kind: z.enum(["read", "sensor"]),
  label: z.string().max(64).default(""),
})
export const apiKeyCreatedSchema = apiKeySchema.extend({ key: z.string() })
export type ApiKeyCreated = z.infer<typeof apiKeyCreatedSchema>

/**
 * The verdict of core's wireEventSchema on one event, some thirty times faster for an event that a
 * sensor wrote: a hand-written check accepts the common shape, and whatever it does not accept goes to
 * the schema, which has the last word. A property test holds the two together.
 */
import {
  describeIssues,
  eventVersion,
  isAttributeName,
  isUuid,
  maxEventDataBytes,
  namePattern,
  normalizeAddress,
  type WireEvent,
  wireEventSchema,
} from "@propolis/core"

/** Versions of the wire format that are accepted: the current one and the one before it, once there is one. */
export const acceptedVersions: readonly number[] = [eventVersion]

export type Verdict =
  | { readonly event: WireEvent; readonly reason?: undefined }
  | { readonly event?: undefined; readonly reason: string }

const maxTime = 8_640_000_000_000_000
const maxDataLength = Math.ceil(maxEventDataBytes / 3) * 4
const maxAttributeLength = 8_192
const maxAttributes = 64
const maxReasonLength = 400
const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/
const sha256Pattern = /^[0-9a-f]{64}$/

/** @param value what JSON.parse made of a line. */
export function checkEvent(value: unknown): Verdict {
  if (isCommonEvent(value)) return { event: value }
  const parsed = wireEventSchema.safeParse(value)
  if (parsed.success) return { event: parsed.data }
  const reason = describeIssues(parsed.error)
  return { reason: reason.length > maxReasonLength ? `${reason.slice(0, maxReasonLength)}…` : reason }
}

/** `true` only for what the schema accepts without changing anything. */
export function isCommonEvent(value: unknown): value is WireEvent {
  if (typeof value !== "object" || value === null) return false
  const event = value as Record<string, unknown>
  return (
    event.v === eventVersion &&
    isId(event.id) &&
    isCount(event.time, maxTime) &&
    isName(event.sensor) &&
    isId(event.session) &&
    isCount(event.seq, Number.MAX_SAFE_INTEGER) &&
    (event.protocol === "TCP" || event.protocol === "UDP") &&
    isKind(event.event) &&
    isName(event.service) &&
    isName(event.emulator) &&
    isNormalAddress(event.localHost) &&
    isCount(event.localPort, 65_535) &&
    isNormalAddress(event.remoteHost) &&
    isCount(event.remotePort, 65_535) &&
    isCount(event.bytes, Number.MAX_SAFE_INTEGER) &&
    hasOnlyKnownFields(event)
  )
}

const requiredFields = 15

function hasOnlyKnownFields(event: Record<string, unknown>): boolean {
  let fields = requiredFields
  if (event.data !== undefined) {
    if (!isBase64(event.data)) return false
    fields++
  }
  if (event.sha256 !== undefined) {
    if (typeof event.sha256 !== "string" || (event.sha256 !== "" && !sha256Pattern.test(event.sha256)))
      return false
    fields++
  }
  if (event.attributes !== undefined) {
    if (!isAttributes(event.attributes)) return false
    fields++
  }
  let seen = 0
  for (const _ in event) seen++
  return seen === fields
}

function isCount(value: unknown, max: number): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max
}

function isId(value: unknown): boolean {
  return typeof value === "string" && isUuid(value)
}

function isKind(value: unknown): boolean {
  return value === "RX" || value === "TX" || value === "CONNECT" || value === "DISCONNECT" || value === "INFO"
}

/** Names and addresses repeat from line to line: what was found good is remembered, in bounded memory. */
function remember(check: (text: string) => boolean, maxRemembered: number): (value: unknown) => boolean {
  const good = new Set<string>()
  return (value) => {
    if (typeof value !== "string") return false
    if (good.has(value)) return true
    if (!check(value)) return false
    if (good.size >= maxRemembered) good.clear()
    good.add(value)
    return true
  }
}

const isName = remember((text) => namePattern.test(text), 4_096)
const isNormalAddress = remember((text) => normalizeAddress(text) === text, 65_536)

function isBase64(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value.length % 4 === 0 &&
    value.length <= maxDataLength &&
    base64Pattern.test(value)
  )
}

function isAttributes(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  const map = value as Record<string, unknown>
  let count = 0
  for (const name in map) {
    const text = map[name]
    if (typeof text !== "string" || text.length > maxAttributeLength || !isAttributeName(name)) return false
    count++
  }
  return count <= maxAttributes
}

/** Numbers, times and names for people; the browser's own language tables, nothing shipped. */
const whole = new Intl.NumberFormat("en")
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 })
const regions = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" })
const dateTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" })
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" })
const utcDay = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" })
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" })

export const formatCount = (count: number) => whole.format(count)
export const formatCompact = (count: number) => compact.format(count)
export const formatShare = (share: number) => percent.format(share)

/** Binary units: `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${whole.format(bytes)} B`
  let value = bytes
  for (const unit of ["KiB", "MiB", "GiB", "TiB"]) {
    value /= 1_024
    if (value < 1_024 || unit === "TiB") return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
  }
  return ""
}

export const formatDateTime = (timeMs: number) => dateTime.format(timeMs)
export const formatClock = (timeMs: number) => clock.format(timeMs)
/** A day that the hub names by its start in UTC. */
export const formatUtcDay = (timeMs: number) => utcDay.format(timeMs)

/** `3 min. ago`; within the last seconds `just now`. */
export function formatAgo(timeMs: number, nowMs: number): string {
  const seconds = Math.round((nowMs - timeMs) / 1_000)
  if (seconds < 5) return "just now"
  if (seconds < 60) return relative.format(-seconds, "second")
  if (seconds < 3_600) return relative.format(-Math.floor(seconds / 60), "minute")
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3_600), "hour")
  return relative.format(-Math.floor(seconds / 86_400), "day")
}

/** Length of a session: `0.42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.max(0, Math.round(durationMs))} ms`
  const seconds = durationMs / 1_000
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.round((seconds % 3_600) / 60)} min`
}

/** Name of a country by its ISO 3166-1 code; empty where there is none. */
export function countryName(code: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return ""
  return regions.of(code) ?? code
}

/** Whether a text looks like an address; the hub has the last word. Undoes what reports do to addresses (`1[.]2[.]3[.]4`). */
export function addressOf(text: string): string | undefined {
  const plain = text
    .trim()
    .replace(/\[\.\]|\(\.\)/g, ".")
    .replace(/\[:\]/g, ":")
    .replace(/^\[(.*)\]$/, "$1")
  const octets = plain.split(".")
  if (octets.length === 4 && octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) < 256))
    return plain
  return /^[0-9a-fA-F:.]{2,45}$/.test(plain) && plain.split(":").length > 2 ? plain.toLowerCase() : undefined
}

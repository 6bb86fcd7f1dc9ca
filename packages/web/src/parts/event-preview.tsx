import type { StoredEvent } from "@propolis/core"
import { useMemo } from "react"
import { firstBytes } from "../hostile/hexdump.ts"
import { Revealed, RevealedBytes } from "../hostile/revealed-text.tsx"

const previewBytes = 120
/** What tells most, first. */
const telling = ["username", "password", "command", "httpMethod", "url", "dnsName", "filename", "userAgent"]

/** One line of what an event carries: its payload's beginning, or what the emulator understood. */
export function EventPreview({ event }: { event: StoredEvent }) {
  const bytes = useMemo(() => firstBytes(event.data, previewBytes), [event.data])
  if (bytes.length > 0) {
    return (
      <span className="preview">
        <RevealedBytes bytes={bytes} />
        {event.bytes > bytes.length ? "…" : ""}
      </span>
    )
  }
  const names = Object.keys(event.attributes).sort((a, b) => rank(a) - rank(b))
  return (
    <span className="preview">
      {names.slice(0, 4).map((name) => (
        <span key={name} className="preview-attribute">
          <span className="soft">
            <Revealed text={name} maxLength={40} />
          </span>{" "}
          <Revealed text={event.attributes[name] ?? ""} maxLength={previewBytes} />
        </span>
      ))}
    </span>
  )
}

function rank(name: string): number {
  const at = telling.indexOf(name)
  return at < 0 ? telling.length : at
}

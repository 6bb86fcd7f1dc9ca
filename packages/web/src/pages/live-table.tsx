import "./live.css"
import { Link } from "@tanstack/react-router"
import { memo } from "react"
import type { LiveEntry } from "../api/live-stream.ts"
import { EventKindTag } from "../parts/event-kind.tsx"
import { EventPreview } from "../parts/event-preview.tsx"
import { formatBytes, formatCount } from "../parts/format.ts"
import { Country, HostLink, ServiceLink } from "../parts/host-link.tsx"
import { Clock } from "../parts/time.tsx"

export function LiveTable({ entries }: { entries: readonly LiveEntry[] }) {
  return (
    <div className="table-scroll">
      <table className="table live-table">
        <caption className="hidden-visually">Events as they arrive, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            <th scope="col">Host</th>
            <th scope="col" className="wide-only">
              Service
            </th>
            <th scope="col" className="number wide-only">
              Size
            </th>
            <th scope="col" className="live-content">
              Content
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <LiveRow key={entry.key} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

const LiveRow = memo(function LiveRow({ entry }: { entry: LiveEntry }) {
  if (entry.kind === "gap") {
    return (
      <tr className="live-gap">
        <td colSpan={6}>{formatCount(entry.skipped)} events passed while the list was paused</td>
      </tr>
    )
  }
  const { event } = entry
  return (
    <tr>
      <td>
        <Link
          to="/sessions/$session"
          params={{ session: event.session }}
          className="link"
          title="Open the session"
        >
          <Clock timeMs={event.time} />
        </Link>
      </td>
      <td>
        <EventKindTag kind={event.event} />
      </td>
      <td className="live-host">
        <HostLink address={event.remoteHost} /> {event.country !== "" && <Country code={event.country} />}
      </td>
      <td className="wide-only">
        <ServiceLink service={event.service} />
      </td>
      <td className="number wide-only">{event.bytes > 0 ? formatBytes(event.bytes) : ""}</td>
      <td className="live-content">
        <EventPreview event={event} />
      </td>
    </tr>
  )
})

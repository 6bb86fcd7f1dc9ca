import { Link } from "@tanstack/react-router"
import { useLiveStream, usePageVisible } from "../api/use-live-stream.ts"
import { Panel } from "../parts/panel.tsx"
import { StreamStateTag } from "../parts/stream-state.tsx"
import { LiveTable } from "./live-table.tsx"

const shownEvents = 8

/** The newest events, small; the Live page has all of it. */
export function NewestEvents() {
  return usePageVisible() ? <Stream /> : null
}

function Stream() {
  const { snapshot } = useLiveStream({}, shownEvents)
  return (
    <Panel
      title="Newest events"
      flush
      actions={
        <>
          <StreamStateTag state={snapshot.state} />
          <Link to="/live" className="link small">
            All live events
          </Link>
        </>
      }
    >
      {snapshot.entries.length === 0 ? (
        <p className="soft waiting">
          {snapshot.state === "open" ? "Waiting for the next event …" : "Connecting to the hub …"}
        </p>
      ) : (
        <LiveTable entries={snapshot.entries} />
      )}
    </Panel>
  )
}

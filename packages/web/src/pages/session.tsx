import "./session.css"
import { SegmentedControl } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import type { SessionRow, StoredEvent } from "@propolis/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { ApiFailure } from "../api/fetch-json.ts"
import { maxSessionEvents, sessionQuery } from "../api/queries.ts"
import { AttributeList } from "../hostile/attribute-list.tsx"
import { PayloadCopy } from "../hostile/payload-copy.tsx"
import { type PayloadMode, PayloadView } from "../hostile/payload-view.tsx"
import { Revealed } from "../hostile/revealed-text.tsx"
import { CopyButton } from "../parts/copy-button.tsx"
import { EmptyState } from "../parts/empty-state.tsx"
import { EventKindTag } from "../parts/event-kind.tsx"
import { formatBytes, formatCount, formatDuration } from "../parts/format.ts"
import { HostLink, ServiceLink } from "../parts/host-link.tsx"
import { Loaded } from "../parts/loaded.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"
import { DateTime } from "../parts/time.tsx"

const route = getRouteApi("/sessions/$session")

export function SessionPage() {
  const { session } = route.useParams()
  const { view } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(sessionQuery(session))
  // Text and dump side by side need room; without it, one at a time.
  const wide = useMediaQuery("(min-width: 1100px)", true, { getInitialValueInEffect: false })
  const mode = view ?? (wide ? "both" : "text")
  const unknown = query.error instanceof ApiFailure && [400, 404].includes(query.error.status)
  return (
    <>
      <PageHeader
        documentTitle="Session"
        title="Session"
        lead={
          query.data === undefined ? undefined : (
            <>
              <HostLink address={query.data.session.remoteHost} /> on{" "}
              <ServiceLink service={query.data.session.service} />,{" "}
              <DateTime timeMs={query.data.session.startedAt} />
            </>
          )
        }
      >
        <SegmentedControl
          size="xs"
          aria-label="Show payloads as"
          data={[
            { value: "both", label: "Text and hex" },
            { value: "text", label: "Text" },
            { value: "hex", label: "Hex" },
          ]}
          value={mode}
          onChange={(value) => void navigate({ search: { view: value as PayloadMode }, replace: true })}
        />
        <CopyButton label="Copy session id" value={() => session} />
      </PageHeader>
      {unknown ? (
        <Panel title="Unknown session">
          <EmptyState title="This session is not, or no longer, stored here">
            <Link to="/hosts" className="link">
              See the top hosts
            </Link>
          </EmptyState>
        </Panel>
      ) : (
        <Loaded query={query} heightPx={560}>
          {({ session: row, events, more }) => (
            <div className="stack">
              <SessionFacts row={row} />
              <ol className="events" aria-label="Events of the session in their order">
                {events.map((event) => (
                  <EventItem
                    key={event.id}
                    mode={mode}
                    event={event}
                    startedAt={events[0]?.time ?? row.startedAt}
                  />
                ))}
              </ol>
              {more && (
                <p className="soft">
                  The first {formatCount(maxSessionEvents)} of {formatCount(row.events)} events are shown.
                </p>
              )}
            </div>
          )}
        </Loaded>
      )}
    </>
  )
}

function SessionFacts({ row }: { row: SessionRow }) {
  return (
    <Panel title="Summary">
      <dl className="facts">
        <div>
          <dt>Length</dt>
          <dd>{formatDuration(row.endedAt - row.startedAt)}</dd>
        </div>
        {row.sensor === "" ? (
          <div>
            <dt>Ports and sensor</dt>
            <dd>
              <Link to="/sign-in" search={{ next: `/sessions/${row.session}` }} className="link">
                Sign in to see them
              </Link>
            </dd>
          </div>
        ) : (
          <>
            <div>
              <dt>Ports</dt>
              <dd>
                {row.protocol} {row.remotePort} → {row.localPort}
              </dd>
            </div>
            <div>
              <dt>Sensor</dt>
              <dd>
                <Revealed text={row.sensor} maxLength={64} />
              </dd>
            </div>
          </>
        )}
        <div>
          <dt>Events</dt>
          <dd>{formatCount(row.events)}</dd>
        </div>
        <div>
          <dt>Received</dt>
          <dd title={`${formatCount(row.bytesReceived)} bytes`}>{formatBytes(row.bytesReceived)}</dd>
        </div>
        <div>
          <dt>Sent</dt>
          <dd title={`${formatCount(row.bytesTransmitted)} bytes`}>{formatBytes(row.bytesTransmitted)}</dd>
        </div>
      </dl>
    </Panel>
  )
}

interface EventItemProps {
  event: StoredEvent
  startedAt: number
  mode: PayloadMode
}

function EventItem({ event, startedAt, mode }: EventItemProps) {
  const hasAttributes = Object.keys(event.attributes).length > 0
  const label = `event ${event.seq}`
  return (
    <li className="event" data-kind={event.event}>
      <div className="event-head">
        <EventKindTag kind={event.event} />
        <span className="soft small">
          #{event.seq} ·{" "}
          <time dateTime={new Date(event.time).toISOString()}>
            +{((event.time - startedAt) / 1_000).toFixed(3)} s
          </time>
        </span>
        {event.bytes > 0 && (
          <span className="small" title={event.sha256 === "" ? undefined : `SHA-256 ${event.sha256}`}>
            {formatCount(event.bytes)} bytes
          </span>
        )}
        {event.data !== "" && (
          <span className="event-side">
            <PayloadCopy event={event} label={label} />
          </span>
        )}
      </div>
      {(hasAttributes || event.data !== "") && (
        <div className="event-body">
          {hasAttributes && <AttributeList attributes={event.attributes} />}
          {event.data !== "" && (
            <PayloadView data={event.data} bytes={event.bytes} mode={mode} label={label} />
          )}
        </div>
      )}
    </li>
  )
}

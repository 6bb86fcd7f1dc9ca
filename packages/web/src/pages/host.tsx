import type { HostSummary } from "@propolis/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { ApiFailure } from "../api/fetch-json.ts"
import { hostQuery } from "../api/queries.ts"
import { Revealed } from "../hostile/revealed-text.tsx"
import { CopyButton } from "../parts/copy-button.tsx"
import { EmptyState } from "../parts/empty-state.tsx"
import { formatBytes, formatCount } from "../parts/format.ts"
import { Country } from "../parts/host-link.tsx"
import { IconShield } from "../parts/icons.tsx"
import { Loaded } from "../parts/loaded.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"
import { Ago, DateTime } from "../parts/time.tsx"
import { HostCharts } from "./host-charts.tsx"
import { HostSessions } from "./host-sessions.tsx"

const route = getRouteApi("/hosts/$address")

export function HostPage() {
  const { address } = route.useParams()
  const query = useQuery(hostQuery(address))
  const unknown = query.error instanceof ApiFailure && [400, 404].includes(query.error.status)
  return (
    <>
      <PageHeader
        documentTitle="Host"
        title={
          <span className="mono">
            <Revealed text={address} maxLength={64} />
          </span>
        }
        lead={
          query.data === undefined ? undefined : (
            <>
              Seen from <DateTime timeMs={query.data.firstSeen} /> to{" "}
              <DateTime timeMs={query.data.lastSeen} />
            </>
          )
        }
      >
        <CopyButton label="Copy address" value={() => address} size="sm" />
      </PageHeader>
      {unknown && query.data === undefined ? (
        <Panel title="Unknown host">
          <EmptyState title="No sensor of this hub has seen this address">
            Only what touched a sensor is known here, as long as the hub keeps it.{" "}
            <Link to="/hosts" className="link">
              See the top hosts
            </Link>
          </EmptyState>
        </Panel>
      ) : (
        <Loaded query={query} heightPx={520}>
          {(summary) => (
            <div className="stack">
              <Facts summary={summary} />
              <HostCharts summary={summary} />
              <HostSessions address={summary.remoteHost} />
            </div>
          )}
        </Loaded>
      )}
    </>
  )
}

function Facts({ summary }: { summary: HostSummary }) {
  return (
    <Panel
      title="Summary"
      actions={
        <>
          {summary.specialUse !== "" && (
            <span className="tag" data-tone="warn" title="Not a host on the public Internet (RFC 6890)">
              <Revealed text={summary.specialUse} maxLength={64} />
            </span>
          )}
          {summary.verified ? (
            <span
              className="tag"
              data-tone="good"
              title="A TCP hand-shake was completed: the source is not spoofed"
            >
              <IconShield size={14} /> Verified source
            </span>
          ) : (
            <span className="tag" data-tone="warn" title="Only datagrams came: the source may be spoofed">
              Unproven source
            </span>
          )}
        </>
      }
    >
      <dl className="facts">
        <div>
          <dt>Last seen</dt>
          <dd>
            <Ago timeMs={summary.lastSeen} />
          </dd>
        </div>
        <div>
          <dt>Country</dt>
          <dd>
            <Country code={summary.country} long />
          </dd>
        </div>
        <div>
          <dt>Network</dt>
          <dd>
            {summary.asn === 0 ? (
              <span className="soft">unknown</span>
            ) : (
              <>
                AS{summary.asn} <Revealed text={summary.asName} maxLength={120} />
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Connections</dt>
          <dd>{formatCount(summary.connections)}</dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{formatCount(summary.events)}</dd>
        </div>
        <div>
          <dt>Received from it</dt>
          <dd title={`${formatCount(summary.bytesReceived)} bytes`}>{formatBytes(summary.bytesReceived)}</dd>
        </div>
        <div>
          <dt>Sent to it</dt>
          <dd title={`${formatCount(summary.bytesTransmitted)} bytes`}>
            {formatBytes(summary.bytesTransmitted)}
          </dd>
        </div>
      </dl>
    </Panel>
  )
}

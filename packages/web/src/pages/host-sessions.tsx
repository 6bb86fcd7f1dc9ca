import { Button } from "@mantine/core"
import { useInfiniteQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { hostSessionsQuery } from "../api/queries.ts"
import { Revealed } from "../hostile/revealed-text.tsx"
import { EmptyState } from "../parts/empty-state.tsx"
import { Failure } from "../parts/failure.tsx"
import { formatBytes, formatCount, formatDuration } from "../parts/format.ts"
import { ServiceLink } from "../parts/host-link.tsx"
import { Loaded } from "../parts/loaded.tsx"
import { Panel } from "../parts/panel.tsx"
import { DateTime } from "../parts/time.tsx"

/** A host's sessions, newest first, more of them on demand. */
export function HostSessions({ address }: { address: string }) {
  const query = useInfiniteQuery(hostSessionsQuery(address))
  return (
    <Panel title="Sessions" note="newest first; open one to see every byte" flush>
      <Loaded query={query} heightPx={280}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.rows)
          if (rows.length === 0) return <EmptyState title="Its sessions are no longer kept" />
          return (
            <>
              <div className="table-scroll">
                <table className="table">
                  <caption className="hidden-visually">Sessions of this host, newest first</caption>
                  <thead>
                    <tr>
                      <th scope="col">Started</th>
                      <th scope="col">Service</th>
                      <th scope="col" className="wide-only">
                        Ports
                      </th>
                      <th scope="col" className="wide-only">
                        Sensor
                      </th>
                      <th scope="col" className="number wide-only">
                        Length
                      </th>
                      <th scope="col" className="number">
                        Events
                      </th>
                      <th scope="col" className="number wide-only">
                        Received
                      </th>
                      <th scope="col" className="number wide-only">
                        Sent
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {rows.map((row) => (
                      <tr key={row.session}>
                        <th scope="row">
                          <Link to="/sessions/$session" params={{ session: row.session }} className="link">
                            <DateTime timeMs={row.startedAt} />
                          </Link>
                        </th>
                        <td>
                          <ServiceLink service={row.service} />
                        </td>
                        <td className="wide-only mono">
                          {row.protocol}
                          {row.sensor !== "" && ` ${row.remotePort} → ${row.localPort}`}
                        </td>
                        <td className="wide-only">
                          {row.sensor === "" ? (
                            <span className="soft">–</span>
                          ) : (
                            <Revealed text={row.sensor} maxLength={64} />
                          )}
                        </td>
                        <td className="number wide-only">{formatDuration(row.endedAt - row.startedAt)}</td>
                        <td className="number">{formatCount(row.events)}</td>
                        <td className="number wide-only">{formatBytes(row.bytesReceived)}</td>
                        <td className="number wide-only">{formatBytes(row.bytesTransmitted)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {query.isFetchNextPageError && (
                <Failure error={query.error} retry={() => void query.fetchNextPage()} />
              )}
              {query.hasNextPage && !query.isFetchNextPageError && (
                <div className="panel-more">
                  <Button
                    variant="default"
                    size="sm"
                    loading={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    Earlier sessions
                  </Button>
                </div>
              )}
            </>
          )
        }}
      </Loaded>
    </Panel>
  )
}

import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { meQuery, serviceHostsQuery } from "../api/queries.ts"
import { Revealed } from "../hostile/revealed-text.tsx"
import { Loaded } from "../parts/loaded.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { hourLabels, RangeControl, spanOf } from "../parts/range-control.tsx"
import { HostRanking } from "./hosts.tsx"

const route = getRouteApi("/services/$service")

export function ServicePage() {
  const { service } = route.useParams()
  const { hours = 24 } = route.useSearch()
  const navigate = route.useNavigate()
  const me = useQuery(meQuery)
  const query = useQuery(serviceHostsQuery(service, hours))
  return (
    <>
      <PageHeader
        documentTitle="Service"
        title={
          <>
            Top 10 addresses making <Revealed text={service} maxLength={64} /> connections
          </>
        }
        lead={
          <>
            In {spanOf(hours)}.{" "}
            <Link to="/live" search={{ service }} className="link">
              Watch this service live
            </Link>
          </>
        }
      >
        <RangeControl
          label="Time range"
          value={hours}
          choices={me.data?.account === null ? hourLabels.slice(0, 3) : hourLabels}
          onChange={(value) => void navigate({ search: value === 24 ? {} : { hours: value } })}
        />
      </PageHeader>
      <Loaded query={query} heightPx={720}>
        {({ rows }) => (
          <HostRanking rows={rows} title={`Addresses by connections to one service in ${spanOf(hours)}`} />
        )}
      </Loaded>
    </>
  )
}

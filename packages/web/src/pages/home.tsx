import "./home.css"
import type { Activity } from "@propolis/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { activityQuery, meQuery, topHostsQuery, topServicesQuery } from "../api/queries.ts"
import { ActivityChart, type SeriesName } from "../charts/activity-chart.tsx"
import { ChartPanel } from "../charts/chart-panel.tsx"
import { EmptyState } from "../parts/empty-state.tsx"
import { HostTable } from "../parts/host-table.tsx"
import { Loaded } from "../parts/loaded.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"
import { RangeControl } from "../parts/range-control.tsx"
import { ServiceTable } from "../parts/service-table.tsx"
import { ActivityTable } from "./home-activity-table.tsx"
import { NewestEvents } from "./home-newest-events.tsx"
import { ActivityTotals } from "./home-totals.tsx"

const route = getRouteApi("/")
const ranges = [
  { value: 1, label: "24 h" },
  { value: 7, label: "7 days" },
  { value: 30, label: "30 days" },
  { value: 90, label: "90 days" },
]

export function HomePage() {
  const { days = 7 } = route.useSearch()
  const navigate = route.useNavigate()
  const me = useQuery(meQuery)
  const activity = useQuery(activityQuery(days))
  const hosts = useQuery(topHostsQuery(24, 6))
  const services = useQuery(topServicesQuery(24, 6))
  const span = days === 1 ? "24 hours" : days === 7 ? "Seven days" : `${days} days`
  // What a reader without an account is refused is not offered either.
  const offered = me.data?.account === null ? ranges.slice(0, 2) : ranges
  return (
    <>
      <PageHeader
        documentTitle="Home"
        title={days === 1 ? "Activity of the last 24 hours" : `${span} of activity`}
        lead="What the sensors of this hub saw: connections made, data received from attackers, data sent back."
      >
        <RangeControl
          label="Days shown"
          value={days}
          choices={offered}
          onChange={(value) => void navigate({ search: value === 7 ? {} : { days: value } })}
        />
      </PageHeader>
      <div className="stack">
        <Loaded query={activity} heightPx={470}>
          {(data) => <ActivitySection activity={data} days={days} />}
        </Loaded>
        <div className="columns">
          <Panel
            title="Top hosts"
            note="by connections, 24 hours"
            flush
            actions={<More to="/hosts" what="hosts" />}
          >
            <Loaded query={hosts} heightPx={240}>
              {({ rows }) =>
                rows.length === 0 ? (
                  <EmptyState title="No host in the last 24 hours" />
                ) : (
                  <HostTable brief rows={rows} caption="Hosts with most connections in the last 24 hours" />
                )
              }
            </Loaded>
          </Panel>
          <Panel
            title="Top services"
            note="by connections, 24 hours"
            flush
            actions={<More to="/services" what="services" />}
          >
            <Loaded query={services} heightPx={240}>
              {({ rows }) =>
                rows.length === 0 ? (
                  <EmptyState title="No service was touched in the last 24 hours" />
                ) : (
                  <ServiceTable
                    brief
                    rows={rows}
                    caption="Services with most connections in the last 24 hours"
                  />
                )
              }
            </Loaded>
          </Panel>
        </div>
        <NewestEvents />
      </div>
    </>
  )
}

function More({ to, what }: { to: "/hosts" | "/services"; what: string }) {
  return (
    <Link to={to} className="link small">
      All {what}
    </Link>
  )
}

function ActivitySection({ activity, days }: { activity: Activity; days: number }) {
  const [hidden, setHidden] = useState<ReadonlySet<SeriesName>>(new Set())
  const { connections, received, transmitted } = activity.totals
  if (connections + received + transmitted === 0) {
    return (
      <Panel title="Nothing yet">
        <EmptyState title="No sensor has reported anything in this time" attackable />
      </Panel>
    )
  }
  const toggle = (name: SeriesName) => {
    const next = new Set(hidden)
    if (!next.delete(name)) next.add(name)
    setHidden(next)
  }
  return (
    <>
      <ActivityTotals activity={activity} days={days} hidden={hidden} onToggle={toggle} />
      <ChartPanel
        title="Activity by the hour"
        note="events per hour; the running hour is dashed"
        chart={<ActivityChart activity={activity} hidden={hidden} />}
        table={<ActivityTable activity={activity} />}
      />
    </>
  )
}

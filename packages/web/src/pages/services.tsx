import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { meQuery, topServicesQuery } from "../api/queries.ts"
import { RankingBars, RankingPie } from "../charts/ranking-charts.tsx"
import { useChartColors } from "../charts/use-chart-colors.ts"
import { EmptyState } from "../parts/empty-state.tsx"
import { Loaded } from "../parts/loaded.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"
import { hourLabels, RangeControl, spanOf } from "../parts/range-control.tsx"
import { ServiceTable } from "../parts/service-table.tsx"

const route = getRouteApi("/services")

export function ServicesPage() {
  const { hours = 24 } = route.useSearch()
  const navigate = route.useNavigate()
  const me = useQuery(meQuery)
  const colors = useChartColors()
  const query = useQuery(topServicesQuery(hours))
  const title = `Services by connections in ${spanOf(hours)}`
  const open = (service: string) => void navigate({ to: "/services/$service", params: { service } })
  return (
    <>
      <PageHeader
        documentTitle="Services"
        title="Top 10 services"
        lead={`What was attacked most in ${spanOf(hours)}. Click one to see who did.`}
      >
        <RangeControl
          label="Time range"
          value={hours}
          choices={me.data?.account === null ? hourLabels.slice(0, 3) : hourLabels}
          onChange={(value) => void navigate({ search: value === 24 ? {} : { hours: value } })}
        />
      </PageHeader>
      <Loaded query={query} heightPx={720}>
        {({ rows }) => {
          if (rows.length === 0) {
            return (
              <Panel title="No service yet">
                <EmptyState title="No service was touched in this time" attackable />
              </Panel>
            )
          }
          const ranked = rows.map(({ service, connections }) => ({ name: service, value: connections }))
          return (
            <div className="stack">
              <div className="columns">
                <Panel title="Share" note="of these services' connections">
                  <RankingPie rows={ranked} title={title} unit="connections" onSelect={open} />
                </Panel>
                <Panel title="Connections" note="per service">
                  <RankingBars rows={ranked} title={title} unit="connections" onSelect={open} />
                </Panel>
              </div>
              <Panel title="Services" flush>
                <ServiceTable rows={rows} colors={colors.ranks} caption={title} />
              </Panel>
            </div>
          )
        }}
      </Loaded>
    </>
  )
}

import type { HostRow } from "@propolis/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useMemo } from "react"
import { meQuery, topHostsQuery } from "../api/queries.ts"
import { RankingBars, RankingPie } from "../charts/ranking-charts.tsx"
import { useChartColors } from "../charts/use-chart-colors.ts"
import { EmptyState } from "../parts/empty-state.tsx"
import { HostTable } from "../parts/host-table.tsx"
import { Loaded } from "../parts/loaded.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"
import { hourLabels, RangeControl, spanOf } from "../parts/range-control.tsx"

const route = getRouteApi("/hosts")

export function HostsPage() {
  const { hours = 24 } = route.useSearch()
  const navigate = route.useNavigate()
  const me = useQuery(meQuery)
  const query = useQuery(topHostsQuery(hours))
  return (
    <>
      <PageHeader
        documentTitle="Hosts"
        title="Top 10 hosts"
        lead={`The addresses with most connections in ${spanOf(hours)}. Click one to see what it did.`}
      >
        <RangeControl
          label="Time range"
          value={hours}
          choices={me.data?.account === null ? hourLabels.slice(0, 3) : hourLabels}
          onChange={(value) => void navigate({ search: value === 24 ? {} : { hours: value } })}
        />
      </PageHeader>
      <Loaded query={query} heightPx={720}>
        {({ rows }) => <HostRanking rows={rows} title={`Addresses by connections in ${spanOf(hours)}`} />}
      </Loaded>
    </>
  )
}

/** Pie, bars and table of the same hosts; a slice, a bar or a label leads to the host. */
export function HostRanking({ rows, title }: { rows: readonly HostRow[]; title: string }) {
  const navigate = useNavigate()
  const colors = useChartColors()
  const ranked = useMemo(
    () => rows.map(({ remoteHost, connections }) => ({ name: remoteHost, value: connections })),
    [rows],
  )
  if (rows.length === 0) {
    return (
      <Panel title="No host yet">
        <EmptyState title="Nobody has connected in this time" attackable />
      </Panel>
    )
  }
  const open = (address: string) => void navigate({ to: "/hosts/$address", params: { address } })
  return (
    <div className="stack">
      <div className="columns">
        <Panel title="Share" note="of these hosts' connections">
          <RankingPie rows={ranked} title={title} unit="connections" onSelect={open} />
        </Panel>
        <Panel title="Connections" note="per host">
          <RankingBars rows={ranked} title={title} unit="connections" mono onSelect={open} />
        </Panel>
      </div>
      <Panel title="Hosts" flush>
        <HostTable rows={rows} colors={colors.ranks} caption={title} />
      </Panel>
    </div>
  )
}

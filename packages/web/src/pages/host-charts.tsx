import type { HostSummary } from "@propolis/core"
import { useNavigate } from "@tanstack/react-router"
import { useMemo } from "react"
import { ChartPanel } from "../charts/chart-panel.tsx"
import { DaysChart, isRunning } from "../charts/days-chart.tsx"
import { type RankedRow, RankingBars, RankingPie } from "../charts/ranking-charts.tsx"
import { useChartColors } from "../charts/use-chart-colors.ts"
import { formatCount, formatShare, formatUtcDay } from "../parts/format.ts"
import { ServiceLink } from "../parts/host-link.tsx"
import { ScrollRegion } from "../parts/scroll-region.tsx"

const mostServices = 10

export function HostCharts({ summary }: { summary: HostSummary }) {
  const navigate = useNavigate()
  const protocols = useMemo(
    () => summary.protocols.map(({ protocol, events }) => ({ name: protocol, value: events })),
    [summary.protocols],
  )
  const services = useMemo(
    () =>
      [...summary.services]
        .sort((a, b) => b.events - a.events)
        .slice(0, mostServices)
        .map(({ service, events }) => ({ name: service, value: events })),
    [summary.services],
  )
  const barsHeightPx = Math.max(120, services.length * 30)
  return (
    <>
      <div className="columns host-charts">
        <ChartPanel
          title="Protocols"
          note="events"
          chart={
            <>
              <RankingPie
                rows={protocols}
                title="Protocols by events"
                unit="events"
                heightPx={Math.min(230, Math.max(150, barsHeightPx - 30))}
                onSelect={() => {}}
              />
              <Legend rows={protocols} />
            </>
          }
          table={
            <CountTable
              caption="Events per protocol"
              head={["Protocol", "Events"]}
              rows={protocols.map(({ name, value }) => ({ key: name, name, values: [value] }))}
            />
          }
        />
        <ChartPanel
          title="Services"
          note={summary.services.length > mostServices ? `events, the first ${mostServices}` : "events"}
          chart={
            <RankingBars
              rows={services}
              title="Services by events"
              unit="events"
              heightPx={barsHeightPx}
              onSelect={(service) => void navigate({ to: "/services/$service", params: { service } })}
            />
          }
          table={
            <CountTable
              caption="Events per service"
              head={["Service", "Events"]}
              rows={summary.services.map(({ service, events }) => ({
                key: service,
                name: <ServiceLink service={service} />,
                values: [events],
              }))}
            />
          }
        />
      </div>
      {summary.days.length > 0 && (
        <ChartPanel
          title="Activity per day"
          note="events, days in UTC; a day that is not over is dashed"
          chart={<DaysChart days={summary.days} />}
          table={
            <CountTable
              caption="Connections and events per day"
              head={["Day (UTC)", "Connections", "Events"]}
              rows={[...summary.days]
                .sort((a, b) => b.day - a.day)
                .map(({ day, connections, events }) => ({
                  key: String(day),
                  name: `${formatUtcDay(day)}${isRunning(day) ? " so far" : ""}`,
                  values: [connections, events],
                }))}
            />
          }
        />
      )}
    </>
  )
}

/** Names of the slices; a ranking has its bars and its table for that. */
function Legend({ rows }: { rows: readonly RankedRow[] }) {
  const { ranks } = useChartColors()
  const total = rows.reduce((sum, { value }) => sum + value, 0)
  return (
    <ul className="chart-legend">
      {rows.map(({ name, value }, i) => (
        <li key={name}>
          <span className="rank-key" style={{ background: ranks[i % ranks.length] }} />
          {name} <span className="soft">{formatShare(value / Math.max(1, total))}</span>
        </li>
      ))}
    </ul>
  )
}

interface CountTableProps {
  caption: string
  head: readonly string[]
  rows: readonly { key: string; name: React.ReactNode; values: readonly number[] }[]
}

function CountTable({ caption, head, rows }: CountTableProps) {
  return (
    <ScrollRegion className="table-scroll table-tall" label={caption}>
      <table className="table">
        <caption className="hidden-visually">{caption}</caption>
        <thead>
          <tr>
            {head.map((title, i) => (
              <th key={title} scope="col" className={i === 0 ? undefined : "number"}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, name, values }) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              {values.map((value, i) => (
                <td key={head[i + 1]} className="number">
                  {formatCount(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

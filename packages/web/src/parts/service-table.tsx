import type { ServiceRow } from "@propolis/core"
import { formatCount } from "./format.ts"
import { ServiceLink } from "./host-link.tsx"
import { Ago } from "./time.tsx"

interface ServiceTableProps {
  rows: readonly ServiceRow[]
  colors?: readonly string[] | undefined
  caption: string
  /** Only service, hosts and connections. */
  brief?: boolean
}

export function ServiceTable({ rows, colors, caption, brief = false }: ServiceTableProps) {
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="hidden-visually">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col" className="number">
              Hosts
            </th>
            <th scope="col" className="number">
              Connections
            </th>
            {!brief && (
              <>
                <th scope="col" className="number wide-only">
                  Events
                </th>
                <th scope="col" className="number">
                  Last seen
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={row.service}>
              <th scope="row">
                {colors !== undefined && (
                  <span className="rank-key" style={{ background: colors[i % colors.length] }} />
                )}
                <ServiceLink service={row.service} />
              </th>
              <td className="number">{formatCount(row.hosts)}</td>
              <td className="number">{formatCount(row.connections)}</td>
              {!brief && (
                <>
                  <td className="number wide-only">{formatCount(row.events)}</td>
                  <td className="number">
                    <Ago timeMs={row.lastSeen} />
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

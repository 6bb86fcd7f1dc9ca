import type { HostRow } from "@propolis/core"
import { formatCount } from "./format.ts"
import { Country, HostLink, Network } from "./host-link.tsx"
import { Ago } from "./time.tsx"

interface HostTableProps {
  rows: readonly HostRow[]
  /** Colours of the charts above, by rank. */
  colors?: readonly string[] | undefined
  caption: string
  /** Only address, country and connections. */
  brief?: boolean
}

export function HostTable({ rows, colors, caption, brief = false }: HostTableProps) {
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="hidden-visually">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">Country</th>
            <th scope="col" className="wide-only">
              Network
            </th>
            <th scope="col" className="number">
              Connections
            </th>
            {!brief && (
              <>
                <th scope="col" className="number wide-only">
                  Events
                </th>
                <th scope="col" className="number wide-only">
                  Last seen
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={row.remoteHost}>
              <th scope="row">
                {colors !== undefined && (
                  <span className="rank-key" style={{ background: colors[i % colors.length] }} />
                )}
                <HostLink address={row.remoteHost} />
              </th>
              <td>
                <Country code={row.country} />
              </td>
              <td className="wide-only">
                <Network asn={row.asn} asName={row.asName} />
              </td>
              <td className="number">{formatCount(row.connections)}</td>
              {!brief && (
                <>
                  <td className="number wide-only">{formatCount(row.events)}</td>
                  <td className="number wide-only">
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

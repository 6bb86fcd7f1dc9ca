import type { HostRow } from "@propolis/core"

/** Columns of a host's row, out of any of the hosts' rollups. */
export const hostRowColumns = `remote_host AS remoteHost, sum(t.connections) AS connections, sum(t.events) AS events,
  toUnixTimestamp64Milli(max(t.last_seen)) AS lastSeen, anyLast(t.country) AS country, anyLast(t.asn) AS asn, anyLast(t.as_name) AS asName`

export type { HostRow }

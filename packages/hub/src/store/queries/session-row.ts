import type { SessionRow } from "@propolis/core"

/** Columns of a session's row out of the `sessions` rollup. */
export const sessionRowColumns = `toString(session) AS session, remote_host AS remoteHost, anyLast(t.service) AS service,
  toString(anyLast(t.protocol)) AS protocol, anyLast(t.local_port) AS localPort, anyLast(t.remote_port) AS remotePort, anyLast(t.sensor) AS sensor,
  toUnixTimestamp64Milli(min(t.started_at)) AS startedAt, toUnixTimestamp64Milli(max(t.ended_at)) AS endedAt,
  sum(t.events) AS events, sum(t.bytes_received) AS bytesReceived, sum(t.bytes_transmitted) AS bytesTransmitted`

export type { SessionRow }

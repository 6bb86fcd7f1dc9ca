import type { StoredEvent } from "@propolis/core"
import type { Parameters, QueryOptions, Store } from "../driver.ts"

/** Columns of an event as the pages get it, in the order of {@link eventOfRow}. The sensor's own address is not among them. */
export const storedEventColumns = `sequence, toString(id), toUnixTimestamp64Milli(time), sensor, toString(session), seq, toString(protocol),
  toString(event), service, emulator, local_port, remote_host, remote_port, bytes, base64Encode(data), lower(hex(sha256)), attributes, country, asn, as_name`

type Row = [
  number,
  string,
  number,
  string,
  string,
  number,
  StoredEvent["protocol"],
  StoredEvent["event"],
  string,
  string,
  number,
  string,
  number,
  number,
  string,
  string,
  Record<string, string>,
  string,
  number,
  string,
]

function eventOfRow(row: Row): StoredEvent {
  const [
    sequence,
    id,
    time,
    sensor,
    session,
    seq,
    protocol,
    event,
    service,
    emulator,
    localPort,
    remoteHost,
  ] = row
  const [, , , , , , , , , , , , remotePort, bytes, data, sha256, attributes, country, asn, asName] = row
  return {
    sequence,
    id,
    time,
    sensor,
    session,
    seq,
    protocol,
    event,
    service,
    emulator,
    localPort,
    remoteHost,
    remotePort,
    bytes,
    data,
    sha256,
    attributes,
    country,
    asn,
    asName,
  }
}

/** Runs a query whose columns are {@link storedEventColumns}; its payloads may be large, so the answer is streamed. */
export async function queryEvents(
  store: Store,
  sql: string,
  parameters: Parameters,
  options?: QueryOptions,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const rows of store.stream(sql, parameters, options)) {
    for (const row of rows) events.push(eventOfRow(row as Row))
  }
  return events
}

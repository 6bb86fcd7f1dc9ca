/** What the pages read: every table here is fed by its view with each insert into `events`. */
import type { RollupDefinition, TableDefinition } from "./definition.ts"

/** A session begins with its hand-shake, or with the first datagram of a UDP conversation. */
const begins = "event = 'CONNECT' OR (protocol = 'UDP' AND seq = 0)"
const sum = (name: string) => `${name} SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))`
const latest = (name: string) => `${name} SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(ZSTD(1))`
const earliest = (name: string) => `${name} SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(ZSTD(1))`
const some = (name: string, type: string) =>
  `${name} SimpleAggregateFunction(anyLast, ${type}) CODEC(ZSTD(1))`
const hour = "hour DateTime('UTC') CODEC(Delta, ZSTD(1))"
const day = "day Date CODEC(Delta, ZSTD(1))"
const host = "remote_host String CODEC(ZSTD(1))"
const account = "account UInt32 CODEC(ZSTD(1))"
const origin = [
  some("country", "LowCardinality(String)"),
  some("asn", "UInt32"),
  some("as_name", "LowCardinality(String)"),
]
const counts = [sum("connections"), sum("events"), sum("bytes_received"), sum("bytes_transmitted")]
const countsOf = `countIf(${begins}) AS connections, count() AS events,
  sumIf(bytes, event = 'RX') AS bytes_received, sumIf(bytes, event = 'TX') AS bytes_transmitted`
const originOf =
  "anyLast(events.country) AS country, anyLast(events.asn) AS asn, anyLast(events.as_name) AS as_name"

interface Rollup {
  readonly table: TableDefinition
  readonly view: RollupDefinition
}

/** A rollup of `events`: what is selected, and what follows the table's name. */
function rollup(table: Omit<TableDefinition, "engine">, select: string, tail: string): Rollup {
  return {
    table: { engine: "AggregatingMergeTree", ...table },
    view: {
      name: `${table.name}_view`,
      from: "events",
      to: table.name,
      select: (from) => `${select}\nFROM ${from} AS events\n${tail}`,
    },
  }
}

export const activityHourly = rollup(
  {
    name: "activity_hourly",
    columns: [
      hour,
      "protocol Enum8('TCP' = 1, 'UDP' = 2)",
      "event Enum8('CONNECT' = 1, 'RX' = 2, 'TX' = 3, 'INFO' = 4, 'DISCONNECT' = 5)",
      account,
      sum("connections"),
      sum("events"),
      sum("bytes"),
    ],
    partitionBy: "toYYYYMM(hour)",
    orderBy: "(hour, protocol, event, account)",
    shardBy: "hour",
  },
  `SELECT toStartOfHour(time) AS hour, protocol, event, account, countIf(${begins}) AS connections, count() AS events, sum(events.bytes) AS bytes`,
  "GROUP BY hour, protocol, event, account",
)

export const hostsHourly = rollup(
  {
    name: "hosts_hourly",
    columns: [hour, host, account, ...counts, latest("last_seen"), ...origin],
    partitionBy: "toYYYYMM(hour)",
    orderBy: "(hour, remote_host, account)",
    shardBy: "remote_host",
  },
  `SELECT toStartOfHour(time) AS hour, remote_host, account, ${countsOf}, max(time) AS last_seen, ${originOf}`,
  "GROUP BY hour, remote_host, account",
)

export const servicesHourly = rollup(
  {
    name: "services_hourly",
    columns: [hour, "service LowCardinality(String)", account, ...counts, latest("last_seen")],
    partitionBy: "toYYYYMM(hour)",
    orderBy: "(hour, service, account)",
    shardBy: "service",
  },
  `SELECT toStartOfHour(time) AS hour, service, account, ${countsOf}, max(time) AS last_seen`,
  "GROUP BY hour, service, account",
)

/** `service_key` is the service's name in lower case: asking for `telnet` finds `Telnet`. */
export const serviceHostsHourly = rollup(
  {
    name: "service_hosts_hourly",
    columns: [
      "service_key LowCardinality(String)",
      hour,
      host,
      account,
      ...counts,
      latest("last_seen"),
      ...origin,
    ],
    partitionBy: "toYYYYMM(hour)",
    orderBy: "(service_key, hour, remote_host, account)",
    shardBy: "remote_host",
  },
  `SELECT lower(service) AS service_key, toStartOfHour(time) AS hour, remote_host, account, ${countsOf}, max(time) AS last_seen, ${originOf}`,
  "GROUP BY service_key, hour, remote_host, account",
)

export const hostDays = rollup(
  {
    name: "host_days",
    columns: [
      host,
      day,
      "service LowCardinality(String)",
      "protocol Enum8('TCP' = 1, 'UDP' = 2)",
      account,
      ...counts,
      earliest("first_seen"),
      latest("last_seen"),
      ...origin,
    ],
    partitionBy: "toYYYYMM(day)",
    orderBy: "(remote_host, day, service, protocol, account)",
    shardBy: "remote_host",
    settings: { index_granularity: 1024 },
  },
  `SELECT remote_host, toDate(time) AS day, service, protocol, account, ${countsOf}, min(time) AS first_seen, max(time) AS last_seen, ${originOf}`,
  "GROUP BY remote_host, day, service, protocol, account",
)

/** Who was there on a day, and nothing else: distinct hosts over many days are counted from it. */
export const hostsDaily = rollup(
  {
    name: "hosts_daily",
    columns: [day, host, account, sum("events")],
    partitionBy: "toYYYYMM(day)",
    orderBy: "(day, remote_host, account)",
    shardBy: "remote_host",
  },
  "SELECT toDate(time) AS day, remote_host, account, count() AS events",
  "GROUP BY day, remote_host, account",
)

/** One row a session and hour: a session's rows lie together where a host's newest are looked for. */
export const sessions = rollup(
  {
    name: "sessions",
    columns: [
      host,
      hour,
      "session UUID CODEC(ZSTD(1))",
      some("account", "UInt32"),
      some("sensor", "LowCardinality(String)"),
      some("service", "LowCardinality(String)"),
      some("protocol", "Enum8('TCP' = 1, 'UDP' = 2)"),
      some("local_port", "UInt16"),
      some("remote_port", "UInt16"),
      earliest("started_at"),
      latest("ended_at"),
      ...counts,
    ],
    partitionBy: "toYYYYMMDD(toMonday(hour, 'UTC'))",
    orderBy: "(remote_host, hour, session)",
    shardBy: "session",
    settings: { index_granularity: 2048 },
  },
  `SELECT remote_host, toStartOfHour(time) AS hour, session, anyLast(events.account) AS account, anyLast(events.sensor) AS sensor,
  anyLast(events.service) AS service, anyLast(events.protocol) AS protocol, anyLast(events.local_port) AS local_port,
  anyLast(events.remote_port) AS remote_port, min(time) AS started_at, max(time) AS ended_at, ${countsOf.replaceAll("protocol = ", "events.protocol = ")}`,
  "GROUP BY remote_host, hour, session",
)

/** Every distinct payload of a day. `sha256` is a sensor's claim, so what was really stored tells payloads apart too. */
export const payloads = rollup(
  {
    name: "payloads",
    columns: [
      day,
      "sha256 String CODEC(ZSTD(1))",
      "content_hash UInt64 CODEC(NONE)",
      "data SimpleAggregateFunction(any, String) CODEC(LZ4)",
      sum("events"),
      "last_sequence SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1))",
    ],
    partitionBy: "toYYYYMMDD(day)",
    orderBy: "(day, sha256, content_hash)",
    shardBy: "content_hash",
  },
  "SELECT toDate(time) AS day, sha256, cityHash64(events.data) AS content_hash, any(events.data) AS data, count() AS events, max(sequence) AS last_sequence",
  "WHERE notEmpty(events.data) GROUP BY day, sha256, content_hash",
)

export const credentialsDaily = rollup(
  {
    name: "credentials_daily",
    columns: [
      day,
      "username String CODEC(ZSTD(1))",
      "password String CODEC(ZSTD(1))",
      account,
      sum("attempts"),
      latest("last_seen"),
    ],
    partitionBy: "toYYYYMMDD(day)",
    orderBy: "(day, username, password, account)",
    shardBy: "username",
  },
  `SELECT toDate(time) AS day, attributes['username'] AS username, attributes['password'] AS password, account, count() AS attempts, max(time) AS last_seen`,
  "WHERE mapContains(attributes, 'username') OR mapContains(attributes, 'password') GROUP BY day, username, password, account",
)

/** Events whose stored time is not the one that their sensor claimed: where a repeat of them must be looked for. */
export const skewedEvents = rollup(
  {
    name: "skewed_events",
    columns: ["id UUID", "time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))"],
    partitionBy: "toYYYYMMDD(time)",
    orderBy: "id",
    shardBy: "id",
    settings: { index_granularity: 1024 },
  },
  "SELECT id, time",
  "WHERE clock_skew_ms != 0",
)

/** Each sensor's last sign of life, and the highest id that it sent: what is above it is new. */
export const sensors = rollup(
  {
    name: "sensors",
    columns: [
      "account UInt32",
      "sensor String",
      sum("events"),
      earliest("first_seen"),
      latest("last_seen"),
      "highest_id SimpleAggregateFunction(max, String)",
    ],
    orderBy: "(account, sensor)",
    shardBy: "account",
  },
  `SELECT account, toString(events.sensor) AS sensor, count() AS events, min(received) AS first_seen, max(received) AS last_seen,
  max(toString(id)) AS highest_id`,
  "GROUP BY account, sensor",
)

export const rollups: readonly Rollup[] = [
  activityHourly,
  hostsHourly,
  servicesHourly,
  serviceHostsHourly,
  hostDays,
  hostsDaily,
  sessions,
  payloads,
  credentialsDaily,
  skewedEvents,
  sensors,
]

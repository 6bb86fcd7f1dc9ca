import type { TableDefinition } from "./definition.ts"

/**
 * Every event, once. `time` is the sensor's claim where it is credible, otherwise when the hub received it, and
 * `clock_skew_ms` is what was claimed minus what is stored (0 nearly always). `sha256` is 32 bytes or none.
 */
export const events: TableDefinition = {
  name: "events",
  columns: [
    "sequence UInt64 CODEC(Delta, ZSTD(1))",
    "id UUID CODEC(ZSTD(1))",
    "received DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
    "time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
    "clock_skew_ms Int64 CODEC(ZSTD(1))",
    "account UInt32 CODEC(ZSTD(1))",
    "sensor LowCardinality(String)",
    "session UUID CODEC(ZSTD(1))",
    "seq UInt64 CODEC(ZSTD(1))",
    "protocol Enum8('TCP' = 1, 'UDP' = 2) CODEC(ZSTD(1))",
    "event Enum8('CONNECT' = 1, 'RX' = 2, 'TX' = 3, 'INFO' = 4, 'DISCONNECT' = 5) CODEC(ZSTD(1))",
    "service LowCardinality(String)",
    "emulator LowCardinality(String)",
    "local_host LowCardinality(String)",
    "local_port UInt16 CODEC(ZSTD(1))",
    "remote_host String CODEC(ZSTD(1))",
    "remote_port UInt16 CODEC(ZSTD(1))",
    "bytes UInt64 CODEC(ZSTD(1))",
    "data String CODEC(ZSTD(1))",
    "sha256 String CODEC(ZSTD(1))",
    "attributes Map(LowCardinality(String), String) CODEC(ZSTD(1))",
    "country LowCardinality(String)",
    "asn UInt32 CODEC(ZSTD(1))",
    "as_name LowCardinality(String)",
    "INDEX time_range time TYPE minmax GRANULARITY 1",
    "INDEX sha256_bloom sha256 TYPE bloom_filter(0.005) GRANULARITY 1",
    "PROJECTION by_session INDEX session TYPE basic",
  ],
  engine: "MergeTree",
  partitionBy: "toYYYYMMDD(time)",
  orderBy: "sequence",
  shardBy: "session",
}

/** Columns of one row on its way into the store, in the order of its bytes (load/row-encoder.ts). */
export const eventColumns: readonly string[] = events.columns
  .filter((column) => !/^(INDEX|PROJECTION) /.test(column))
  .map((column) => column.slice(0, column.indexOf(" ")))

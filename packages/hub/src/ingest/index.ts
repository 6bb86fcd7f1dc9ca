/** Ingest: authenticate, validate, enrich, journal, acknowledge. */
export type { AddressContext } from "./accept-line.ts"
export {
  defaultIngestLimits,
  type IngestLimits,
  type IngestPorts,
  type IngestStats,
  ingestPath,
  ingestRoutes,
  newIngestStats,
} from "./routes.ts"

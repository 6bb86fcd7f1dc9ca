/** The sensor, for the command line and for programs that embed it. */
export { builtInCatalogue, type Catalogue } from "./config/catalogue.ts"
export type { ConfiguredHandler, ConfiguredService, SensorConfig } from "./config/config.ts"
export { type HoneypyImport, importHoneypyConfig } from "./config/honeypy/import-honeypy.ts"
export { configJsonSchema, type JsonSchema } from "./config/json-schema.ts"
export { configFromValue, type LoadOptions, loadConfig, parseConfig } from "./config/load-config.ts"
export { configurationMarkdown } from "./config/markdown.ts"
export { type RedirectRules, redirectRules } from "./config/redirect.ts"
export type { ConsoleOutput } from "./console/console.ts"
export {
  askHandler,
  type HandlerAnswer,
  sampleEvent,
  type TryOptions,
  tryHandler,
} from "./handlers/try-handler.ts"
export type { HostLimits, HostStats } from "./host/types.ts"
export { personaTemplates } from "./persona/persona.ts"
export { requestRetry } from "./pipeline/index.ts"
export { defaultProfileText } from "./profiles/profiles.ts"
export type { ReloadOutcome } from "./reload.ts"
export { type RunningSensor, type RunSensorOptions, runSensor } from "./run-sensor.ts"
export { type EmulatorListing, listEmulators } from "./services/service-list.ts"
export type { ServiceState } from "./services/service-table.ts"
export type { HandlerStatus, SensorStatus } from "./status/sensor-status.ts"

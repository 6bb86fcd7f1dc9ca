/** The hub: collects what many sensors saw, stores it, and gives it back. */
export type { AcceptedEvent } from "./accepted-event.ts"
export { openApiDocument } from "./api/index.ts"
export {
  type HubConfig,
  hubConfigSchema,
  hubConfigurationMarkdown,
  loadHubConfig,
  parseHubConfig,
} from "./config/index.ts"
export { type RunHubOptions, type RunningHub, runHub } from "./run-hub.ts"
export { openStore, type Store } from "./store/index.ts"

/** The hub's configuration. */
export { hubConfigurationMarkdown } from "./documentation.ts"
export { checkHubConfig, loadHubConfig, parseHubConfig } from "./load.ts"
export { type HubConfig, type HubConfigInput, hubConfigSchema } from "./schema.ts"

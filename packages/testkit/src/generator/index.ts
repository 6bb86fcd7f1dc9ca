export type { SourceRange } from "./addresses.ts"
export { type GeneratorOptions, generateEvents } from "./generate-events.ts"
export { type GeneratedService, generatedServices, type Script } from "./services.ts"

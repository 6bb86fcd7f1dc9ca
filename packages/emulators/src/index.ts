export * from "./docs.ts"
export * from "./registry.ts"

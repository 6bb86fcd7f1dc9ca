export * from "./programs.ts"
export * from "./generator/index.ts"

export * from "./generator/index.ts"
export * from "./programs.ts"

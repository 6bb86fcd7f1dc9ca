export * from "./free-port.ts"
export * from "./generator/index.ts"
export * from "./programs.ts"

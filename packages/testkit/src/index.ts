export * from "./programs.ts"

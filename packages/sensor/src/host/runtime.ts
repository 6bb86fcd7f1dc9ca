import runtime from "./runtime.json" with { type: "json" }

/**
 * How Node is to be started for a host, so that its memory comes back after an attack: a small young
 * generation is swept more often and does not grow with a flood, and the C library's allocator gives
 * freed memory back at once, from few pools. Throughput is the same within what can be measured
 * (`npm run bench -- sensor` runs with it). The names in the environment are glibc's (mallopt(3));
 * other C libraries ignore them. Kept as JSON because the bootstrap, plain JavaScript, starts sensors, too.
 */
export const hostRuntime: {
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string>>
} = runtime

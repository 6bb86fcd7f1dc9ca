/**
 * How Node is to be started for a host, so that its memory comes back after an attack: a small young
 * generation is swept more often and does not grow with a flood, and the C library's allocator gives
 * freed memory back at once, from few pools. Throughput is the same within what can be measured
 * (`npm run bench -- sensor` runs with it).
 */
export const hostRuntime: {
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string>>
} = {
  execArgv: ["--max-semi-space-size=4"],
  // glibc's names (mallopt(3)); other C libraries ignore them.
  env: { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072" },
}

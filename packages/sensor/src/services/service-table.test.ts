import { defineEmulator, PropolisError } from "@propolis/core"
import { beforeEach, expect, it } from "vitest"
import { z } from "zod"
import type { ConfiguredService } from "../config/config.ts"
import type { Host, ServiceDefinition } from "../host/types.ts"
import { createServiceTable } from "./service-table.ts"

const emulator = defineEmulator({
  name: "echo",
  title: "Echo",
  interaction: "low",
  transports: { tcp: 7 },
  options: z.record(z.string(), z.unknown()),
  open: () => ({}),
})

function service(
  name: string,
  port: number,
  change: Partial<ServiceDefinition & { enabled: boolean }> = {},
): ConfiguredService {
  const { enabled = true, ...rest } = change
  return {
    name,
    emulator,
    enabled,
    description: "",
    lowPort: undefined,
    definition: {
      name,
      emulator,
      options: {},
      transport: "tcp",
      host: "127.0.0.1",
      port,
      tls: false,
      proxyFrom: [],
      ...rest,
    },
  }
}

/** A host whose ports are a set: listening twice fails, as the kernel has it. */
function portHost(log: string[], taken: Set<number>): Pick<Host, "listen"> {
  return {
    async listen(definition) {
      if (taken.has(definition.port)) {
        throw new PropolisError("LISTEN_FAILED", `${definition.name}: tcp:${definition.port} is in use`)
      }
      taken.add(definition.port)
      log.push(`+${definition.name}:${definition.port}`)
      return {
        definition,
        port: definition.port,
        async stop() {
          taken.delete(definition.port)
          log.push(`-${definition.name}:${definition.port}`)
        },
      }
    },
  }
}

let log: string[]
let taken: Set<number>
beforeEach(() => {
  log = []
  taken = new Set()
})

it("starts, changes and stops only what must be", async () => {
  const table = createServiceTable(portHost(log, taken))
  expect(await table.apply([service("A", 1), service("B", 2), service("C", 3)])).toMatchObject({
    started: ["A", "B", "C"],
  })
  log.length = 0
  const changes = await table.apply([
    service("A", 1),
    service("B", 2, { options: { size: 3 } }),
    service("D", 4),
  ])
  expect(changes).toEqual({ started: ["D"], restarted: ["B"], stopped: ["C"], failed: [] })
  expect(log).toEqual(["-B:2", "-C:3", "+B:2", "+D:4"])
})

it("swaps the ports of two services", async () => {
  const table = createServiceTable(portHost(log, taken))
  await table.apply([service("A", 1), service("B", 2)])
  expect(await table.apply([service("A", 2), service("B", 1)])).toMatchObject({
    restarted: ["A", "B"],
    failed: [],
  })
})

it("tells a port in use, runs the others, and tries again at the next call", async () => {
  const table = createServiceTable(portHost(log, taken))
  taken.add(1)
  expect(await table.apply([service("A", 1), service("B", 2)])).toMatchObject({
    started: ["B"],
    failed: ["A"],
  })
  expect(table.states()).toMatchObject([
    { name: "A", state: "failed", reason: "A: tcp:1 is in use" },
    { name: "B", state: "listening" },
  ])
  taken.delete(1)
  expect(await table.apply([service("A", 1), service("B", 2)])).toMatchObject({ started: ["A"], failed: [] })
  expect(table.states()[0]).toMatchObject({ state: "listening", reason: undefined })
})

it("stops a service that is disabled, and starts it again", async () => {
  const table = createServiceTable(portHost(log, taken))
  await table.apply([service("A", 1)])
  expect(await table.apply([service("A", 1, { enabled: false })])).toMatchObject({ stopped: ["A"] })
  expect(table.states()).toMatchObject([{ name: "A", state: "disabled" }])
  expect(await table.apply([service("A", 1)])).toMatchObject({ started: ["A"] })
})

it("runs calls one after the other", async () => {
  const table = createServiceTable(portHost(log, taken))
  const calls = [table.apply([service("A", 1)]), table.apply([service("A", 2)]), table.apply([])]
  expect(await Promise.all(calls)).toMatchObject([
    { started: ["A"] },
    { restarted: ["A"] },
    { stopped: ["A"] },
  ])
  expect(taken.size).toBe(0)
})

it("lets a bug through instead of calling it a port in use", async () => {
  const table = createServiceTable({ listen: () => Promise.reject(new TypeError("bug")) })
  await expect(table.apply([service("A", 1)])).rejects.toThrow("bug")
})

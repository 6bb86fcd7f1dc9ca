/** A small catalogue for tests of the configuration: its options have one of each kind of field. */
import { defineEmulator, defineLogHandler, secret } from "@propolis/core"
import { z } from "zod"
import type { Catalogue } from "./catalogue.ts"

const batch = { maxEvents: 100, maxBytes: 65_536, maxWaitMs: 100 }

export const testCatalogue: Catalogue = {
  emulators: [
    defineEmulator({
      name: "echo",
      title: "Echo (RFC 862)",
      interaction: "low",
      transports: { tcp: 7, udp: 7 },
      options: z.strictObject({}),
      open: (connection) => ({ data: (bytes) => connection.send(bytes) }),
    }),
    defineEmulator({
      name: "telnet",
      title: "Telnet",
      interaction: "low",
      transports: { tcp: 23 },
      options: z.strictObject({
        attempts: z.int().min(1).max(10).default(3).describe("Logins before the connection ends."),
        style: z.enum(["unix", "windows"]).default("unix").describe("Whose prompts."),
        credentials: z
          .array(z.strictObject({ username: z.string(), password: z.string() }))
          .default([])
          .describe("Logins that succeed."),
      }),
      open: () => ({}),
    }),
    defineEmulator({
      name: "lines",
      title: "A service without a port of its own",
      interaction: "low",
      transports: {},
      options: z.strictObject({ banner: z.string().max(1_024) }),
      open: (connection, options) => {
        connection.send(options.banner)
        return {}
      },
    }),
  ],
  handlers: [
    defineLogHandler({
      name: "file",
      title: "A file",
      options: z.strictObject({ path: z.string().default("events.ndjson").describe("Where to.") }),
      batch,
      open: async () => ({ deliver: async () => undefined, close: async () => {} }),
    }),
    defineLogHandler({
      name: "hub",
      title: "The hub",
      options: z.strictObject({ url: z.url(), key: secret(z.string().min(8)) }),
      batch,
      open: async () => ({ deliver: async () => undefined, close: async () => {} }),
    }),
  ],
}

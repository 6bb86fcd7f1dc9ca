/** The `hub:` part of `propolis.yaml`: one schema from which validation, defaults and documentation come. */
import { normalizeAddress, parseBlock } from "@propolis/core"
import { z } from "zod"

const address = z
  .string()
  .refine((text) => normalizeAddress(text) !== undefined, "expected an IPv4 or IPv6 address")
const block = z
  .string()
  .refine((text) => parseBlock(text) !== undefined, "expected an address or a block (CIDR)")
const memoryMiB = (description: string) => z.int().min(128).max(1_048_576).optional().describe(description)

export const hubConfigSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of journal, store and accounts. Default: the command's"),
  listen: address.default("127.0.0.1").describe("Address of the pages and the API"),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(4040)
    .describe("Port of the pages and the API; 0 takes a free one"),
  mode: z
    .enum(["private", "community"])
    .default("private")
    .describe(
      "private: one organisation, every source is shown; community: only routable sources are public",
    ),
  anonymous: z
    .enum(["none", "recent"])
    .default("none")
    .describe("What readers without an account see: nothing, or the last 24 hours (seven days on Home)"),
  store: z
    .strictObject({
      dir: z.string().min(1).optional().describe("Folder of the embedded store. Default: `store` in dataDir"),
      url: z
        .url({ protocol: /^https?$/, error: "expected an http or https URL" })
        .optional()
        .describe(
          "A ClickHouse server instead of the embedded store: `http://user:password@host:8123/database`",
        ),
      cluster: z
        .string()
        .min(1)
        .optional()
        .describe("With url: the cluster over which tables are distributed"),
      retentionDays: z.int().min(1).max(3_650).default(90).describe("Days for which events are kept"),
      maxMemoryMiB: memoryMiB(
        "Memory of the embedded store. Default: a quarter of the machine's, 512 to 4096",
      ),
      maxQueryMemoryMiB: memoryMiB("Memory of one query. Default: half of that"),
    })
    .prefault({})
    .refine((store) => store.cluster === undefined || store.url !== undefined, {
      path: ["cluster"],
      error: "expected together with url only",
    }),
  journal: z
    .strictObject({
      maxMiB: z
        .int()
        .min(64)
        .max(16_777_216)
        .default(8_192)
        .describe(
          "Disk for events that are accepted and not stored yet; when it is nearly used up, sensors are asked to wait",
        ),
    })
    .prefault({}),
  enrich: z
    .strictObject({
      asnMmdb: z
        .string()
        .min(1)
        .optional()
        .describe("MMDB file with autonomous systems, instead of the packaged data"),
      countryMmdb: z
        .string()
        .min(1)
        .optional()
        .describe("MMDB file with countries, instead of the packaged data"),
    })
    .prefault({}),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe("PEM file of the certificate and its chain"),
      key: z.string().min(1).describe("PEM file of the private key"),
    })
    .optional()
    .describe("Serve over TLS; without it, keep to this machine or use a reverse proxy"),
  trustedProxies: z
    .array(block)
    .max(64)
    .default([])
    .describe("Addresses or blocks of reverse proxies whose `X-Forwarded-*` headers count"),
})

export type HubConfig = z.output<typeof hubConfigSchema>
export type HubConfigInput = z.input<typeof hubConfigSchema>

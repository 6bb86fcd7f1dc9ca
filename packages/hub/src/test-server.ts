/** For tests: the HTTP server with real accounts and a real journal in a temporary folder, and a store that answers what it is told. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Journal, openJournal } from "@propolis/journal"
import type { FastifyInstance } from "fastify"
import { type Accounts, createAccount, openAccounts, writeAdminToken } from "./accounts/index.ts"
import { type ApiPorts, buildServer, LiveFeed, type Reads, type ServerOptions } from "./api/index.ts"
import { defaultIngestLimits, type IngestLimits, newIngestStats } from "./ingest/index.ts"

export interface TestServer {
  readonly server: FastifyInstance
  readonly accounts: Accounts
  readonly journal: Journal
  readonly dir: string
  readonly adminToken: string
  readonly live: LiveFeed
  /** Of the account user@example.org, password below. */
  readonly apiId: string
  readonly sensorKey: string
  readonly readKey: string
  close(): Promise<void>
}

export const testEmail = "user@example.org"
export const testPassword = "correct horse battery"

const noReads: Reads = {
  activity: () => Promise.reject(new Error("not asked for")),
  topHosts: async () => [],
  topServices: async () => [],
  serviceHosts: async () => [],
  hostSummary: async () => undefined,
  hostSessions: async () => ({ rows: [], next: null }),
  sessionEvents: async () => undefined,
  eventsAfter: async () => [],
}

export interface TestServerOptions {
  readonly reads?: Partial<Reads>
  readonly api?: Partial<ApiPorts>
  readonly limits?: Partial<IngestLimits>
  readonly server?: Partial<ServerOptions>
  readonly watermark?: () => number
  readonly refusal?: () => string | undefined
  readonly journal?: Partial<Journal>
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-hub-"))
  const accounts = await openAccounts(":memory:")
  const opened = await openJournal({ dir: join(dir, "journal") })
  const journal: Journal = {
    end: opened.end,
    append: (lines, count) => opened.append(lines, count),
    appendDurable: (lines, count) => opened.appendDurable(lines, count),
    cursor: (name, from) => opened.cursor(name, from),
    removeCursor: (name) => opened.removeCursor(name),
    stats: () => opened.stats(),
    close: () => opened.close(),
    ...options.journal,
  }
  const by = { actor: "test" }
  const request = { email: testEmail, admin: false, password: testPassword }
  const { account, apiId } = (await createAccount(accounts.database, request, by, Date.now()))!
  const keyOf = async (kind: "read" | "sensor") =>
    (await accounts.keys.create({ accountId: account.id, kind, label: "" }, { actor: "test", address: "" }))!
      .key
  const token = await writeAdminToken(dir)
  const reads: Reads = { ...noReads, ...options.reads }
  const log = () => {}
  const live =
    options.api?.live ??
    new LiveFeed({ eventsAfter: reads.eventsAfter, watermark: options.watermark ?? (() => 0), log })
  const server = buildServer({
    api: {
      accounts,
      adminToken: token,
      reads,
      live,
      mode: "private",
      anonymous: "none",
      demo: false,
      version: "0.0.0",
      attribution: [],
      now: Date.now,
      health: () => ({ status: "ok", reasons: [] }),
      metrics: () => [
        { name: "propolis_test", help: "A test", type: "gauge", value: 1, labels: { a: 'b"\\\n' } },
      ],
      log,
      ...options.api,
    },
    ingest: {
      journal,
      keys: accounts.keys,
      limits: { ...defaultIngestLimits, ...options.limits },
      stats: newIngestStats(),
      now: () => 1_750_000_000_500,
      enrich: () => ({ country: "", asn: 0, asName: "" }),
      refusal: options.refusal ?? (() => undefined),
      log,
    },
    pagesDir: join(dir, "pages"),
    trustedProxies: [],
    ...options.server,
  })
  return {
    server,
    accounts,
    journal: opened,
    dir,
    adminToken: (await readFile(token.file, "utf8")).trim(),
    live,
    apiId,
    sensorKey: await keyOf("sensor"),
    readKey: await keyOf("read"),
    async close() {
      live.close()
      server.server.closeAllConnections()
      await server.close()
      await accounts.close()
      await opened.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

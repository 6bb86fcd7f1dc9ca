import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigInvalid } from "@propolis/core"
import { afterEach, beforeEach, expect, test } from "vitest"
import { hubConfigSchema, hubConfigurationMarkdown, loadHubConfig, parseHubConfig } from "./index.ts"

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-config-"))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

function faultsOf(text: string) {
  try {
    parseHubConfig(text, "propolis.yaml")
  } catch (error) {
    if (error instanceof ConfigInvalid) return error
    throw error
  }
  throw new Error("no fault was found")
}

test.each(["", "services: {}", "hub:", "hub: {}"])("everything has a default: %j", (text) => {
  expect(parseHubConfig(text)).toMatchObject({
    listen: "127.0.0.1",
    port: 4040,
    mode: "private",
    anonymous: "none",
    store: { retentionDays: 90 },
    trustedProxies: [],
  })
})

test("all faults are told at once, each with its place", () => {
  const error = faultsOf(`services: {}
hub:
  listen: everywhere
  port: 70000
  mod: private
  anonymous: all
  store:
    url: ftp://x
    retentionDays: 0
  trustedProxies: [10.0.0.0/8, nonsense]
`)
  expect(error.exitCode).toBe(78)
  expect(error.faults.map(({ path, line }) => `${path}@${line}`).sort()).toEqual([
    "hub.anonymous@6",
    "hub.listen@3",
    "hub.mod@5",
    "hub.port@4",
    "hub.store.retentionDays@9",
    "hub.store.url@8",
    "hub.trustedProxies.1@10",
  ])
  expect(error.message).toContain("propolis.yaml has 7 faults:")
  expect(error.message).toMatch(
    /propolis\.yaml:3:\d+ hub\.listen: got "everywhere"; expected an IPv4 or IPv6 address/,
  )
})

test("a typo at the top is a fault that names the parts of both programs", () => {
  const [fault] = faultsOf("services: {}\nhbu: { port: 1 }").faults
  expect(fault).toMatchObject({ path: "hbu", line: 2, reason: "unknown key (did you mean hub?)" })
  expect(fault!.expected).toMatch(/sensor \(sensor, listen, .*handlers\) or of the hub \(hub\)/)
})

test("the sensor's parts are the sensor's to check", () => {
  const text =
    "hub: { port: 1 }\nlisten: nonsense\nservices: [1]\nlimits: { nope: 1 }\nhandlers: { x: { env: NOT_HERE } }"
  expect(parseHubConfig(text).port).toBe(1)
})

test("a password in the store's URL is not told", () => {
  const { message } = faultsOf("hub: { store: { url: ftp://user:hunter2@host } }")
  expect(message).toContain("hub.store.url")
  expect(message).not.toContain("hunter2")
})

test("text that is no YAML, and text that explodes, are faults", () => {
  expect(faultsOf("hub: {").faults[0]!.reason).toMatch(/^not YAML/)
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x]",
    ...Array.from(
      { length: 9 },
      (_, i) =>
        `b${i}: &b${i} [${Array(9)
          .fill(i === 0 ? "*a" : `*b${i - 1}`)
          .join(",")}]`,
    ),
  ]
  expect(faultsOf(bomb.join("\n")).faults).toHaveLength(1)
})

test("a cluster needs a server", () => {
  expect(faultsOf("hub: { store: { cluster: main } }").faults[0]!.path).toBe("hub.store.cluster")
})

test("paths start at the file", async () => {
  const file = join(dir, "propolis.yaml")
  await writeFile(file, "hub: { dataDir: d, tls: { cert: c.pem, key: /k.pem }, enrich: { asnMmdb: a.mmdb } }")
  expect(await loadHubConfig(file)).toMatchObject({
    dataDir: join(dir, "d"),
    tls: { cert: join(dir, "c.pem"), key: "/k.pem" },
    enrich: { asnMmdb: join(dir, "a.mmdb") },
  })
})

test("a file that is not there has its own code", async () => {
  await expect(loadHubConfig(join(dir, "missing.yaml"))).rejects.toMatchObject({ code: "CONFIG_UNREADABLE" })
})

test("the documentation names every field", () => {
  const text = hubConfigurationMarkdown()
  for (const name of Object.keys(hubConfigSchema.shape)) expect(text).toMatch(new RegExp(`\`${name}[.\`]`))
  expect(text).toContain("UV_THREADPOOL_SIZE")
})

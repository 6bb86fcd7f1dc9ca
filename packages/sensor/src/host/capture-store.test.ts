import { createHash } from "node:crypto"
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { CaptureStore } from "./capture-store.ts"
import { Counters } from "./counters.ts"
import { attributesOf, emulatorOf, isDisconnect, startTestHost, tcpClient } from "./host-fixture.ts"

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-captures-"))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const pathOf = (sha256: string) => join(dir, sha256.slice(0, 2), sha256)
async function files(): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}
function keep(store: CaptureStore, text: string): string {
  const bytes = Buffer.from(text)
  const sha256 = digest(bytes)
  store.keep(sha256, bytes)
  // The caller may use its buffer again at once.
  bytes.fill(0)
  return sha256
}

it("keeps a file once, by its digest, for its owner alone", async () => {
  const counters = new Counters()
  const store = new CaptureStore(dir, 1_000, counters, () => {})
  const sha256 = keep(store, "malware")
  keep(store, "malware")
  await store.settled()
  keep(store, "malware")
  await store.settled()
  expect((await readFile(pathOf(sha256))).toString()).toBe("malware")
  expect((await stat(pathOf(sha256))).mode & 0o777).toBe(0o600)
  expect(counters.snapshot().capturesStored).toBe(1)
  expect(await files()).toEqual([sha256])
})

it("holds its byte budget, the oldest go first, also those of an earlier run", async () => {
  const old = digest(Buffer.from("old"))
  await mkdir(join(dir, old.slice(0, 2)))
  await writeFile(pathOf(old), Buffer.alloc(400))
  await utimes(pathOf(old), 1, 1)
  await writeFile(join(dir, old.slice(0, 2), `.${"0".repeat(64)}.part`), "half-written")
  await writeFile(join(dir, "README"), "not ours")
  const counters = new Counters()
  const store = new CaptureStore(dir, 1_000, counters, () => {})
  const names = ["a", "b", "c"].map((letter) => keep(store, letter.repeat(400)))
  keep(store, "x".repeat(1_001))
  await store.settled()
  expect((await files()).sort()).toEqual([...names.slice(1), "README"].sort())
  expect(counters.snapshot()).toMatchObject({ capturesStored: 3, capturesReclaimed: 2, capturesDropped: 1 })
})

it("counts what it cannot write, and goes on", async () => {
  const counters = new Counters()
  const reports: string[] = []
  await writeFile(join(dir, "file"), "")
  const store = new CaptureStore(join(dir, "file"), 1_000, counters, (message) => reports.push(message))
  keep(store, "a")
  await store.settled()
  expect(counters.snapshot().capturesFailed).toBe(1)
  expect(reports).toHaveLength(1)
})

it("never takes an attacker's name as a path", async () => {
  const test = await startTestHost({ change: { captureDir: dir } })
  try {
    const { port } = await test.listen(
      emulatorOf((connection) => ({
        data(bytes) {
          connection.capture("../../../etc/cron.d/evil\0.sh", bytes)
          connection.end()
        },
      })),
    )
    const client = tcpClient(port)
    client.send("#!/bin/sh\n")
    await client.closed
    const events = await test.eventsWhen((all) => all.some(isDisconnect))
    const sha256 = digest(Buffer.from("#!/bin/sh\n"))
    expect(attributesOf(events, "filename")).toEqual(["../../../etc/cron.d/evil\0.sh"])
    expect(attributesOf(events, "captureSha256")).toEqual([sha256])
    expect(attributesOf(events, "captureBytes")).toEqual(["10"])
    await test.host.close(100)
    expect(await files()).toEqual([sha256])
  } finally {
    await test.close()
  }
})

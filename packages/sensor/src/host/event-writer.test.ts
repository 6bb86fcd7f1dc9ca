import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { PropolisError } from "@propolis/core"
import type { Journal } from "@propolis/journal"
import { afterEach, expect, it } from "vitest"
import {
  bySession,
  echo,
  emulatorOf,
  isDisconnect,
  kinds,
  startTestHost,
  type TestHost,
  tcpClient,
  udpClient,
} from "./host-fixture.ts"

let test: TestHost
afterEach(() => test.close())

it("journals an event before a reply that it led to is on the wire", async () => {
  test = await startTestHost()
  const { port } = await test.listen(
    emulatorOf((connection) => ({
      data(bytes) {
        connection.record({ command: Buffer.from(bytes).toString() })
        connection.send(bytes)
      },
    })),
  )
  const client = tcpClient(port)
  for (let i = 0; i < 50; i++) {
    const marker = `marker-${String(i).padStart(3, "0")}`
    client.send(marker)
    await client.bytes((i + 1) * marker.length)
    // What the files hold at the moment of the reply, whatever becomes of the process next.
    const folder = join(test.dir, "journal")
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
    const text = files.map((entry) => readFileSync(join(folder, entry.name), "latin1")).join("")
    const payload = Buffer.from(marker).toString("base64")
    expect(text.split(`"data":"${payload}"`)).toHaveLength(3)
    expect(text).toContain(`"command":"${marker}"`)
  }
  client.socket.destroy()
})

it("collects what happens in one turn into one block", async () => {
  let blocks = 0
  test = await startTestHost({
    wrap: (journal) => ({
      append(lines, count) {
        blocks++
        return journal.append(lines, count)
      },
    }),
  })
  const { port } = await test.listen(
    emulatorOf((connection) => {
      for (let i = 0; i < 100; i++) connection.send("x")
      connection.end()
      return {}
    }),
  )
  await tcpClient(port).closed
  expect(await test.eventsWhen((events) => events.some(isDisconnect))).toHaveLength(102)
  expect(blocks).toBe(2)
})

/** A disk that is full while `full` is true. */
function fullDisk(): { full: boolean; wrap: (journal: Journal) => Pick<Journal, "append"> } {
  const disk = {
    full: false,
    wrap: (journal: Journal): Pick<Journal, "append"> => ({
      append(lines, count) {
        if (disk.full) throw new PropolisError("JOURNAL_FULL", "no space left on device")
        return journal.append(lines, count)
      },
    }),
  }
  return disk
}

it("keeps serving on a full disk, counts, says so once, and goes on without gaps", async () => {
  const disk = fullDisk()
  test = await startTestHost({ wrap: disk.wrap })
  const { port } = await test.listen(echo)
  const { port: udpPort } = await test.listen(echo, { name: "Udp", transport: "udp" })
  const client = tcpClient(port)
  const datagrams = await udpClient()
  client.send("1")
  await client.bytes(1)
  disk.full = true
  for (let i = 2; i <= 5; i++) {
    client.send(`${i}`)
    await client.bytes(i)
  }
  const during = tcpClient(port)
  during.send("x")
  await during.bytes(1)
  await datagrams.send("x", udpPort)
  await new Promise<void>((resolve) => datagrams.socket.once("message", () => resolve()))
  const { eventsUnjournaled } = test.host.stats().counters
  expect(eventsUnjournaled).toBe(4 * 2 + 3 + 2)
  expect(test.logged.filter((line) => line.includes("no space left"))).toHaveLength(1)
  disk.full = false
  client.send("6")
  expect((await client.bytes(6)).toString()).toBe("123456")
  during.socket.end()
  client.socket.end()
  datagrams.close()
  const events = await test.eventsWhen((all) => all.filter(isDisconnect).length === 2)
  expect(bySession(events).map(kinds).sort()).toEqual(["CONNECT RX TX RX TX DISCONNECT", "DISCONNECT"])
})

it("takes blocks that are larger than its buffer", async () => {
  test = await startTestHost({ limits: { maxBufferedBytes: 10_000_000 } })
  const { port } = await test.listen(
    emulatorOf((connection) => {
      for (let i = 0; i < 30; i++) connection.send(Buffer.alloc(60_000, i))
      connection.record({ command: "\u{1f41d}".repeat(4_000) })
      connection.end()
      return {}
    }),
  )
  const client = tcpClient(port)
  await client.closed
  expect(client.received()).toHaveLength(1_800_000)
  const events = await test.eventsWhen((all) => all.some(isDisconnect))
  expect(events).toHaveLength(33)
  expect(events.at(-2)!.attributes.command).toBe("\u{1f41d}".repeat(4_000))
})

import { setTimeout as delay } from "node:timers/promises"
import type { StoredEvent } from "@propolis/core"
import { afterEach, describe, expect, test } from "vitest"
import { startTestServer, type TestServer, type TestServerOptions } from "../test-server.ts"
import { LiveFeed } from "./live-feed.ts"

function event(sequence: number, change: Partial<StoredEvent> = {}): StoredEvent {
  return {
    sequence,
    id: "01890a5d-ac96-774b-bcce-b302099a8057",
    time: Date.now(),
    sensor: "attic",
    session: "01890a5d-ac96-774b-bcce-b302099a8058",
    seq: sequence,
    protocol: "TCP",
    event: "RX",
    service: "Telnet",
    emulator: "telnet",
    localPort: 10_023,
    remoteHost: "198.51.100.7",
    remotePort: 4_711,
    bytes: 0,
    data: "",
    sha256: "",
    attributes: {},
    country: "",
    asn: 0,
    asName: "",
    ...change,
  }
}

/** A store that holds what is put in. */
function memoryStore() {
  const events: StoredEvent[] = []
  let asked = 0
  return {
    put: (...more: StoredEvent[]) => events.push(...more),
    asked: () => asked,
    watermark: () => events.at(-1)?.sequence ?? 0,
    eventsAfter: async ({ sequence, limit }: { sequence: number; limit: number }) => {
      asked++
      return events.filter((each) => each.sequence > sequence).slice(0, limit)
    },
  }
}

function client(change: { after?: number; owner?: string; waiting?: () => number } = {}) {
  let heard = ""
  let closed = false
  const sink = {
    write: (text: string) => {
      heard += text
    },
    waiting: change.waiting ?? (() => 0),
    close: () => {
      closed = true
    },
  }
  const ids = () => [...heard.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))
  const view = (each: StoredEvent) => each
  return {
    subscription: { sink, view, owner: change.owner ?? "me", after: change.after },
    ids,
    heard: () => heard,
    closed: () => closed,
  }
}

const feeds: LiveFeed[] = []
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close()
})
function feedOf(store: ReturnType<typeof memoryStore>, limits = {}) {
  const feed = new LiveFeed({ ...store, log: () => {}, ...limits })
  feeds.push(feed)
  return feed
}

describe("the feed", () => {
  test("begins now, and brings what is stored from then on, once and in order", async () => {
    const store = memoryStore()
    store.put(event(1), event(2))
    const feed = feedOf(store)
    const one = client()
    feed.subscribe(one.subscription)
    expect(one.heard()).toContain("event: hello")
    for (let sequence = 3; sequence < 8; sequence++) {
      store.put(event(sequence))
      feed.notify()
      feed.notify()
      await delay(1)
    }
    await expect.poll(one.ids).toEqual([3, 4, 5, 6, 7])
  })

  test("resumes after the last one seen, over more than one page", async () => {
    const store = memoryStore()
    for (let sequence = 1; sequence <= 1_200; sequence++) store.put(event(sequence))
    const one = client({ after: 100 })
    feedOf(store).subscribe(one.subscription)
    await expect.poll(() => one.ids().length).toBe(1_100)
    expect(one.ids()).toEqual(Array.from({ length: 1_100 }, (_, i) => i + 101))
  })

  test("jumps ahead where someone is too far behind, and says so", async () => {
    const store = memoryStore()
    for (let sequence = 1; sequence <= 9_000; sequence++) store.put(event(sequence))
    const one = client({ after: 1 })
    feedOf(store).subscribe(one.subscription)
    await expect.poll(() => one.ids().at(-1)).toBe(9_000)
    expect(one.heard()).toContain('event: skipped\ndata: {"events":8499}')
    expect(one.ids()).toHaveLength(500)
  })

  test("does not believe a place in the future", async () => {
    const store = memoryStore()
    store.put(event(1))
    const feed = feedOf(store)
    const one = client({ after: 10_000 })
    feed.subscribe(one.subscription)
    store.put(event(2))
    feed.notify()
    await expect.poll(one.ids).toEqual([2])
  })

  test("asks the store once for all who are at the same place, and not at all for nobody", async () => {
    const store = memoryStore()
    const feed = feedOf(store)
    feed.notify()
    expect(store.asked()).toBe(0)
    const clients = Array.from({ length: 10 }, () => client())
    for (const each of clients) feed.subscribe(each.subscription)
    store.put(event(1))
    feed.notify()
    await expect.poll(() => clients.map((each) => each.ids())).toEqual(clients.map(() => [1]))
    expect(store.asked()).toBe(1)
  })

  test("drops a client that does not read, the others go on", async () => {
    const store = memoryStore()
    const feed = feedOf(store)
    const slow = client({ waiting: () => 2 * 1024 * 1024 })
    const quick = client()
    feed.subscribe(slow.subscription)
    feed.subscribe(quick.subscription)
    store.put(event(1))
    feed.notify()
    await expect.poll(quick.ids).toEqual([1])
    expect([slow.closed(), feed.clients, feed.dropped]).toEqual([true, 1, 1])
  })

  test("has places for so many, and for so many of one owner", () => {
    const feed = feedOf(memoryStore(), { maxClients: 3, maxClientsPerOwner: 2 })
    const enter = (owner: string) => feed.subscribe(client({ owner }).subscription)
    const leave = enter("a")!
    expect(enter("a")).toBeDefined()
    expect(enter("a")).toBeUndefined()
    expect(enter("b")).toBeDefined()
    expect(enter("c")).toBeUndefined()
    leave()
    leave()
    expect(enter("c")).toBeDefined()
  })

  test("cuts payloads, the true size stays", async () => {
    const store = memoryStore()
    const feed = feedOf(store)
    const one = client()
    feed.subscribe(one.subscription)
    const data = Buffer.alloc(60_000, 1).toString("base64")
    store.put(event(1, { data, bytes: 60_000 }))
    feed.notify()
    await expect.poll(one.ids).toEqual([1])
    const shown = JSON.parse(/^data: (\{"sequence":1,.*)$/m.exec(one.heard())![1]!) as StoredEvent
    expect(Buffer.from(shown.data, "base64")).toHaveLength(4_095)
    expect(shown.bytes).toBe(60_000)
  })
})

describe("over a real socket", () => {
  let hub: TestServer
  afterEach(() => hub.close())

  async function listen(options: TestServerOptions): Promise<string> {
    hub = await startTestServer(options)
    await hub.server.listen({ host: "127.0.0.1", port: 0 })
    return `http://127.0.0.1:${(hub.server.server.address() as { port: number }).port}`
  }

  async function read(response: Response, until: (text: string) => boolean): Promise<string> {
    let text = ""
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (until(text)) return text
    }
    return text
  }

  test("events arrive as they are stored, filtered, as this reader may see them", async () => {
    const store = memoryStore()
    const url = await listen({
      reads: { eventsAfter: store.eventsAfter },
      watermark: store.watermark,
      api: { anonymous: "recent", mode: "community" },
    })
    const response = await fetch(`${url}/api/web/live?service=Telnet`)
    expect(response.headers.get("content-type")).toContain("text/event-stream")
    expect(response.headers.get("content-security-policy")).toContain("default-src 'self'")
    store.put(
      event(1, { remoteHost: "8.8.8.8", service: "HTTP" }),
      event(2, { remoteHost: "10.0.0.1" }),
      event(3, { remoteHost: "8.8.8.8", time: Date.now() - 90_000_000 }),
      event(4, { remoteHost: "8.8.8.8" }),
    )
    hub.live.notify()
    const text = await read(response, (heard) => heard.includes("id: "))
    expect(text.startsWith("retry: 2000\nevent: hello\n")).toBe(true)
    expect([...text.matchAll(/^id: (\d+)$/gm)].map((match) => match[1])).toEqual(["4"])
    expect(text).not.toContain("attic")
  })

  test("Last-Event-ID resumes, a client that leaves is forgotten", async () => {
    const store = memoryStore()
    store.put(event(1), event(2), event(3))
    const url = await listen({
      reads: { eventsAfter: store.eventsAfter },
      watermark: store.watermark,
      api: { anonymous: "recent" },
    })
    const leave = new AbortController()
    const response = await fetch(`${url}/api/web/live`, {
      headers: { "last-event-id": "1" },
      signal: leave.signal,
    })
    const text = await read(response, (heard) => heard.includes("id: 3"))
    expect([...text.matchAll(/^id: (\d+)$/gm)].map((match) => match[1])).toEqual(["2", "3"])
    leave.abort()
    await expect.poll(() => hub.live.clients).toBe(0)
  })

  test("too many streams of one reader are refused in JSON", async () => {
    const url = await listen({ api: { anonymous: "recent" } })
    const leave = new AbortController()
    const open = () => fetch(`${url}/api/web/live`, { signal: leave.signal })
    const streams = await Promise.all(Array.from({ length: 16 }, open))
    expect(streams.every((stream) => stream.ok)).toBe(true)
    const refused = await open()
    expect(refused.status).toBe(503)
    expect(await refused.json()).toEqual({ status: "Too many live streams" })
    leave.abort()
  })
})

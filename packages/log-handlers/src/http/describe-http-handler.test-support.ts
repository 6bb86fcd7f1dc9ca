/** What every HTTP log handler does besides the contract of log handlers: statuses, time-outs, broken answers, secrets. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LogHandler, type OpenLogHandler, PropolisError } from "@propolis/core"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  answer,
  type Behaviour,
  type FakeHttpPeer,
  type ReceivedRequest,
  startFakeHttpPeer,
} from "./fake-http-peer.test-support.ts"

export interface HttpSubject {
  readonly handler: LogHandler
  options(url: string): object
  /** The API's right answer; tells ids that it now has, each once. */
  right(request: ReceivedRequest, take: (ids: readonly string[]) => void): Behaviour
  /** Requests of the batch itself, not of preparations. Default: all. */
  isDelivery?(request: ReceivedRequest): boolean
  /** What no message may hold. */
  readonly secrets: readonly string[]
  /** Whether 413 is halved; false for those who send every event alone. */
  readonly halves?: boolean
}

export interface RunningSubject {
  readonly peer: FakeHttpPeer
  readonly ids: readonly string[]
  readonly logs: readonly string[]
  open(options?: object): Promise<OpenLogHandler>
}

const never = new AbortController().signal
const idsOf = (first: number, count: number) => oddEvents(first, count).map((event) => event.id)

async function startPeer(subject: HttpSubject) {
  const ids: string[] = []
  const known = new Set<string>()
  const take = (more: readonly string[]) => {
    for (const id of more) if (!known.has(id)) ids.push(id)
    for (const id of more) known.add(id)
  }
  const right: Behaviour = (request, response) => subject.right(request, take)(request, response)
  const peer = await startFakeHttpPeer(right)
  /** Preparations (a template, a credential) go on working while deliveries do not. */
  const forDeliveries = (behaviour: Behaviour): Behaviour => {
    return (request, response) => {
      const isDelivery = subject.isDelivery?.(request) ?? true
      ;(isDelivery ? behaviour : right)(request, response)
    }
  }
  return { peer, ids, forDeliveries }
}

export async function withHttpSubject(
  subject: HttpSubject,
  run: (running: RunningSubject) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-http-"))
  const { peer, ids } = await startPeer(subject)
  const opened: OpenLogHandler[] = []
  const logs: string[] = []
  const ports = {
    now: () => 1_700_000_000_000,
    log: (line: string) => logs.push(line),
    sensor: "sensor-1",
    dataDir: dir,
  }
  try {
    await run({
      peer,
      ids,
      logs,
      async open(options = {}) {
        const parsed = subject.handler.options.parse({ ...subject.options(peer.url), ...options })
        const handler = await subject.handler.open(parsed, ports)
        opened.push(handler)
        return handler
      },
    })
  } finally {
    for (const handler of opened) await handler.close()
    await peer.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

export function describeHttpHandler(name: string, subject: HttpSubject): void {
  describeLogHandler(name, async () => {
    const { peer, ids, forDeliveries } = await startPeer(subject)
    return {
      handler: subject.handler,
      options: subject.options(peer.url),
      delivered: async () => ids,
      async breakPeer() {
        peer.always = forDeliveries(answer(500))
        return async () => {
          peer.always = undefined
        }
      },
      stallPeer() {
        peer.always = forDeliveries(() => {})
      },
      stop: () => peer.stop(),
    }
  })

  describe(`${name} over HTTP`, () => {
    /** Gives the behaviour to the next delivery only. */
    const once = (peer: FakeHttpPeer, behaviour: Behaviour) => {
      let done = false
      const isDelivery = subject.isDelivery ?? (() => true)
      peer.always = (request, response) => {
        if (done || !isDelivery(request)) return subject.right(request, takeFrom(peer))(request, response)
        done = true
        behaviour(request, response)
      }
    }
    const taken = new WeakMap<FakeHttpPeer, string[]>()
    const takeFrom = (peer: FakeHttpPeer) => {
      const list = taken.get(peer) ?? []
      taken.set(peer, list)
      return (ids: readonly string[]) => {
        for (const id of ids) if (!list.includes(id)) list.push(id)
      }
    }

    it.each<[string, Behaviour, number | undefined]>([
      ["500", answer(500, "\u001b[2J\u202e"), undefined],
      ["a redirect, which is not followed", answer(307, "", { location: "/elsewhere" }), undefined],
      ["429 with seconds", answer(429, "", { "retry-after": "7" }), 7_000],
      ["503 with a date", answer(503, "", { "retry-after": "Tue, 14 Nov 2023 22:13:50 GMT" }), 30_000],
      ["401", answer(401), 60_000],
      ["403", answer(403), 60_000],
      ["a connection that dies at once", (_, response) => response.destroy(), undefined],
      [
        "an answer that breaks off",
        (_, response) => {
          response.writeHead(200, { "content-length": "1000" }).write('{"sta')
          setTimeout(() => response.destroy(), 20)
        },
        undefined,
      ],
      ["no answer in time", () => {}, undefined],
      [
        "an answer that never ends",
        (_, response) => {
          response.writeHead(200).write("{")
        },
        undefined,
      ],
      ["an answer without end in size", (_, response) => pour(response), undefined],
    ])("tries again after %s, without telling a secret", (_, behaviour, retryAfterMs) =>
      withHttpSubject(subject, async ({ peer, logs, open }) => {
        const handler = await open({ timeoutMs: 400 })
        once(peer, behaviour)
        const batch = batchOf(1, oddEvents(0, 4))
        const error = await handler.deliver(batch, never).catch((cause: Error) => cause)
        expect(error).toBeInstanceOf(PropolisError)
        expect(error).toMatchObject({ retry: true, retryAfterMs })
        const told = `${(error as Error).message} ${JSON.stringify(error)} ${logs.join()}`
        expect(told).not.toMatch(/[\u001b\u202e]/)
        for (const secret of subject.secrets) expect(told).not.toContain(secret)
        expect(peer.requests.map((request) => request.path)).not.toContain("/elsewhere")
        await handler.deliver(batch, never)
        expect(taken.get(peer)).toEqual(idsOf(0, 4))
      }),
    )

    if (subject.halves === false) return
    it("halves on 413 until it fits, and refuses for good what is too large alone", () =>
      withHttpSubject(subject, async ({ peer, ids, open }) => {
        const handler = await open()
        const isDelivery = subject.isDelivery ?? (() => true)
        const giant = idsOf(3, 1)[0]!
        const list: string[] = []
        peer.always = (request, response) => {
          if (!isDelivery(request)) return subject.right(request, () => {})(request, response)
          const asked: string[] = []
          const right = subject.right(request, (more) => asked.push(...more))
          if (asked.length > 3 || asked.includes(giant)) return answer(413)(request, response)
          list.push(...asked)
          right(request, response)
        }
        const report = await handler.deliver(batchOf(1, oddEvents(0, 20)), never)
        expect(report?.rejected).toEqual([{ index: 3, reason: expect.stringContaining("too large") }])
        expect(list).toEqual(idsOf(0, 20).filter((id) => id !== giant))
        expect(ids).toEqual([])
      }))
  })
}

function pour(response: {
  writeHead(status: number): unknown
  write(chunk: Buffer): boolean
  destroyed: boolean
}) {
  response.writeHead(200)
  const chunk = Buffer.alloc(1 << 20, 0x20)
  let left = 64
  const more = () => {
    if (response.destroyed || left-- === 0) return
    response.write(chunk)
    setTimeout(more, 1)
  }
  more()
}

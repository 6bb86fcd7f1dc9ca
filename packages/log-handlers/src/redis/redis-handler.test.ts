import { encodeEvent, type LogHandler } from "@propolis/core"
import { requireProgram } from "@propolis/testkit"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { createClient } from "@redis/client"
import { describe, expect, it } from "vitest"
import { describeBrokerHandler } from "../brokers/describe-broker-handler.test-support.ts"
import { startDebianPeer } from "../sockets/debian-peer.test-support.ts"
import { redisLogHandler } from "./redis-handler.ts"

const never = new AbortController().signal
const password = "password-that-nobody-may-see"

async function entriesOf(port: number, stream: string): Promise<Record<string, string>[]> {
  const client = createClient({ socket: { host: "127.0.0.1", port }, password })
  await client.connect()
  try {
    const entries = await client.xRange(stream, "-", "+")
    return (entries ?? []).map(({ message }) => ({ ...message }))
  } finally {
    client.destroy()
  }
}

describe.runIf(requireProgram("redis-server", "redis-server"))("redis", () => {
  describeBrokerHandler(
    "redis",
    {
      handler: redisLogHandler as LogHandler,
      start: () =>
        startDebianPeer({
          program: "redis-server",
          command: async (dir, port) => ({
            args: [
              "--port",
              `${port}`,
              "--bind",
              "127.0.0.1",
              "--dir",
              dir,
              "--save",
              "",
              "--requirepass",
              password,
            ],
          }),
        }),
      place: async (port, stream) => ({
        options: { stream, password },
        consumer: {
          ids: async () => (await entriesOf(port, stream)).map((entry) => entry.id!),
          stop: async () => {},
        },
      }),
      idempotent: false,
    },
    (context) => {
      it("adds entries with the event's id and its JSON", async () => {
        const handler = await context.open(context.port, { stream: "entries", password })
        const events = oddEvents(0, 12)
        await handler.deliver(batchOf(1, events), never)
        const expected = events.map((event) => ({ id: event.id, event: encodeEvent(event) }))
        expect(await entriesOf(context.port, "entries")).toEqual(expected)
      })

      it("keeps about as many entries as were asked for", async () => {
        const handler = await context.open(context.port, { stream: "short", password, maxLength: 50 })
        for (let n = 0; n < 10; n++) await handler.deliver(batchOf(n, oddEvents(n * 100, 100)), never)
        const entries = await entriesOf(context.port, "short")
        expect(entries.length).toBeLessThan(500)
        expect(entries.at(-1)!.id).toBe(oddEvents(999, 1)[0]!.id)
      })

      it("adds nothing of a batch where one command fails, and tells no password", async () => {
        const client = createClient({ socket: { host: "127.0.0.1", port: context.port }, password })
        await client.connect()
        await client.set("taken", "a string")
        client.destroy()
        const handler = await context.open(context.port, { stream: "taken", password })
        const batch = batchOf(1, oddEvents(0, 2))
        await expect(handler.deliver(batch, never)).rejects.toMatchObject({ retry: true })
        const wrong = await context.open(context.port, { stream: "x", password: `${password}-not` })
        const error = await wrong.deliver(batch, never).catch((cause: Error) => cause)
        expect((error as Error).message).toMatch(/WRONGPASS/)
        expect((error as Error).message).not.toContain(password)
      })
    },
  )
})

import { encodeEvent, type LogHandler, type OpenLogHandler } from "@propolis/core"
import { batchOf, describeLogHandler, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { type KafkaBroker, startKafkaBroker } from "./kafka-broker.test-support.ts"
import { kafkaLogHandler } from "./kafka-handler.ts"

const never = new AbortController().signal
const topic = "propolis-events"
const idsIn = (broker: KafkaBroker) => broker.records.map(({ headers }) => headers.id!)

describeLogHandler("kafka", async () => {
  const broker = await startKafkaBroker(topic)
  return {
    handler: kafkaLogHandler as LogHandler,
    options: { brokers: [`127.0.0.1:${broker.port}`] },
    delivered: async () => idsIn(broker),
    async breakPeer() {
      await broker.down()
      return () => broker.up()
    },
    stallPeer: () => broker.stall(),
    stop: () => broker.down(),
  }
})

describe("kafka's records", () => {
  async function withBroker(
    options: object,
    run: (broker: KafkaBroker, handler: OpenLogHandler) => Promise<void>,
  ): Promise<void> {
    const broker = await startKafkaBroker(topic)
    const parsed = kafkaLogHandler.options.parse({ brokers: [`127.0.0.1:${broker.port}`], ...options })
    const ports = { now: Date.now, log: () => {}, sensor: "s", dataDir: "." }
    const handler = await kafkaLogHandler.open(parsed, ports)
    try {
      await run(broker, handler)
    } finally {
      await handler.close()
      await broker.down()
    }
  }

  it.each(["none", "gzip", "zstd"])(
    "carry the event's JSON, its time, and the session as key; compression %s",
    (compression) =>
      withBroker({ compression }, async (broker, handler) => {
        const events = oddEvents(0, 30)
        await handler.deliver(batchOf(1, events), never)
        expect(broker.records).toEqual(
          events.map((event) => ({
            key: event.session,
            value: encodeEvent(event),
            timestamp: event.time,
            headers: { id: event.id },
          })),
        )
      }),
  )

  it.each([
    ["source", "198.51.100.7"],
    ["none", undefined],
  ])("have %s as key where asked to", (key, expected) =>
    withBroker({ key }, async (broker, handler) => {
      await handler.deliver(batchOf(1, oddEvents(1, 1)), never)
      expect(broker.records[0]!.key).toBe(expected)
    }),
  )

  it.each([
    ["MESSAGE_TOO_LARGE", [10]],
    ["TOPIC_AUTHORIZATION_FAILED", [29]],
    ["NOT_ENOUGH_REPLICAS for a while", [19, 19, 19]],
  ])("are kept after the broker's %s", (_, errors) =>
    withBroker({}, async (broker, handler) => {
      broker.produceErrors.push(...errors)
      const batch = batchOf(1, oddEvents(0, 5))
      const failed = { code: "DELIVERY_FAILED", retry: true }
      await expect(handler.deliver(batch, never)).rejects.toMatchObject(failed)
      expect(broker.records).toEqual([])
      await handler.deliver(batch, never)
      expect(idsIn(broker)).toEqual(batch.events.map((event) => event.id))
    }),
  )

  it.each([["broker"], ["a:b"], ["http://a:1"], ["a:0"]])("are not sent to %s", (broker) => {
    expect(kafkaLogHandler.options.safeParse({ brokers: [broker] }).success).toBe(false)
  })
})

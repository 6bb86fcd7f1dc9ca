import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { encodeEvent, type LogHandler } from "@propolis/core"
import { requireProgram } from "@propolis/testkit"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { connectAsync } from "mqtt"
import { describe, expect, it } from "vitest"
import { describeBrokerHandler } from "../brokers/describe-broker-handler.test-support.ts"
import { startDebianPeer } from "../sockets/debian-peer.test-support.ts"
import { mqttLogHandler } from "./mqtt-handler.ts"

const never = new AbortController().signal

/** Everything that arrives at a topic; a last message of our own shows that nothing is on its way. */
async function listen(port: number, topic: string) {
  const client = await connectAsync({ host: "127.0.0.1", port, protocol: "mqtt", protocolVersion: 5 })
  const messages: string[] = []
  const marks = new Map<string, () => void>()
  client.on("message", (_, payload) => {
    const text = payload.toString()
    const mark = marks.get(text)
    if (mark === undefined) messages.push(text)
    else mark()
  })
  await client.subscribeAsync(topic, { qos: 1 })
  let number = 0
  return {
    async messages() {
      const mark = `mark ${++number}`
      const seen = new Promise<void>((resolve) => marks.set(mark, resolve))
      await client.publishAsync(topic, mark, { qos: 1 })
      await seen
      return messages
    },
    stop: () => client.endAsync(true),
  }
}

describe.runIf(requireProgram("mosquitto", "mosquitto"))("mqtt", () => {
  describeBrokerHandler(
    "mqtt",
    {
      handler: mqttLogHandler as LogHandler,
      start: () =>
        startDebianPeer({
          program: "mosquitto",
          async command(dir, port) {
            const file = join(dir, "mosquitto.conf")
            const lines = [
              `listener ${port} 127.0.0.1`,
              "allow_anonymous true",
              "max_queued_messages 0",
              "user root",
            ]
            await writeFile(file, `${lines.join("\n")}\n`)
            return { args: ["-c", file] }
          },
        }),
      async place(port, name) {
        const topic = `test/${name}`
        const listener = await listen(port, topic)
        return {
          options: { topic },
          consumer: {
            ids: async () =>
              (await listener.messages()).map((text) => (JSON.parse(text) as { id: string }).id),
            stop: () => listener.stop(),
          },
        }
      },
      idempotent: false,
    },
    (context) => {
      it.each(["3.1.1", "5"])("speaks version %s; a message is an event's JSON", async (version) => {
        const topic = `versions/${version}`
        const listener = await listen(context.port, topic)
        const handler = await context.open(context.port, { topic, version })
        const events = oddEvents(0, 12)
        await handler.deliver(batchOf(1, events), never)
        expect(await listener.messages()).toEqual(events.map(encodeEvent))
        await listener.stop()
      })
    },
  )

  it("refuses topics with wildcards", () => {
    for (const topic of ["a/#", "+/b", ""]) {
      expect(mqttLogHandler.options.safeParse({ topic }).success).toBe(false)
    }
  })
})

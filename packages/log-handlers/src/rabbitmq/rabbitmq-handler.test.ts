import { encodeEvent, type LogHandler } from "@propolis/core"
import { freePort, requireProgram } from "@propolis/testkit"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { connect, type GetMessage } from "amqplib"
import { describe, expect, it } from "vitest"
import { describeBrokerHandler } from "../brokers/describe-broker-handler.test-support.ts"
import { startDebianPeer } from "../sockets/debian-peer.test-support.ts"
import { rabbitmqLogHandler } from "./rabbitmq-handler.ts"

const never = new AbortController().signal

/** What is in a queue, which stays as it is. */
async function messagesIn(port: number, queue: string): Promise<GetMessage[]> {
  const connection = await connect({ hostname: "127.0.0.1", port })
  const messages: GetMessage[] = []
  try {
    const channel = await connection.createChannel()
    await channel.assertQueue(queue, { durable: true })
    for (;;) {
      const message = await channel.get(queue)
      if (message === false) break
      messages.push(message)
    }
  } finally {
    // What was not acknowledged goes back to its place.
    await connection.close()
  }
  return messages
}

describe.runIf(requireProgram("rabbitmq-server", "rabbitmq-server"))("rabbitmq", () => {
  describeBrokerHandler(
    "rabbitmq",
    {
      handler: rabbitmqLogHandler as LogHandler,
      start: () =>
        startDebianPeer({
          program: "sh",
          readyMs: 90_000,
          async command(dir, port) {
            // Debian's /usr/sbin/rabbitmq-server changes to another user; Erlang's port mapper, left to the node,
            // would leave the group of processes that the test ends.
            const script = 'epmd -port "$ERL_EPMD_PORT" & exec /usr/lib/rabbitmq/bin/rabbitmq-server'
            return {
              args: ["-c", script],
              env: {
                HOME: dir,
                RABBITMQ_NODENAME: `propolis${port}@localhost`,
                RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
                RABBITMQ_NODE_PORT: `${port}`,
                RABBITMQ_DIST_PORT: `${await freePort()}`,
                RABBITMQ_MNESIA_BASE: dir,
                RABBITMQ_LOG_BASE: dir,
                RABBITMQ_PID_FILE: `${dir}/pid`,
                RABBITMQ_ENABLED_PLUGINS_FILE: `${dir}/plugins`,
                RABBITMQ_CONFIG_FILE: `${dir}/none`,
                RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1",
                ERL_EPMD_ADDRESS: "127.0.0.1",
                ERL_EPMD_PORT: `${await freePort()}`,
              },
            }
          },
        }),
      place: async (port, name) => ({
        options: { exchange: name, queue: name },
        consumer: {
          ids: async () =>
            (await messagesIn(port, name)).map(
              ({ content }) => (JSON.parse(content.toString()) as { id: string }).id,
            ),
          stop: async () => {},
        },
      }),
      idempotent: false,
    },
    (context) => {
      it("sends persistent messages that name event, time and type", async () => {
        const handler = await context.open(context.port, { exchange: "x", queue: "q", routingKey: "a.b" })
        const events = oddEvents(0, 12)
        await handler.deliver(batchOf(1, events), never)
        const messages = await messagesIn(context.port, "q")
        expect(messages.map(({ content }) => content.toString())).toEqual(events.map(encodeEvent))
        expect(messages[1]!.fields).toMatchObject({ exchange: "x", routingKey: "a.b" })
        expect(messages[1]!.properties).toMatchObject({
          deliveryMode: 2,
          messageId: events[1]!.id,
          timestamp: 1_700_000_000,
          contentType: "application/json",
          appId: "propolis",
        })
      })

      it("keeps events while no queue takes them, and delivers when one does", async () => {
        const handler = await context.open(context.port, { exchange: "lonely" })
        const batch = batchOf(1, oddEvents(0, 3))
        await expect(handler.deliver(batch, never)).rejects.toThrow("no queue takes the routing key events")
        const binding = await context.open(context.port, { exchange: "lonely", queue: "late" })
        await binding.deliver(batchOf(1, oddEvents(10, 1)), never)
        await handler.deliver(batch, never)
        expect((await messagesIn(context.port, "late")).length).toBe(4)
      })

      it("tells of refused credentials without telling them", async () => {
        const handler = await context.open(context.port, { password: "password-that-nobody-may-see" })
        const error = await handler.deliver(batchOf(1, oddEvents(0, 1)), never).catch((cause: Error) => cause)
        expect(error).toMatchObject({ code: "DELIVERY_FAILED", retry: true })
        expect((error as Error).message).toMatch(/ACCESS.REFUSED/i)
        expect((error as Error).message).not.toContain("nobody-may-see")
      })
    },
  )
})

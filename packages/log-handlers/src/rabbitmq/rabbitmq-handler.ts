/** Events to RabbitMQ (AMQP 0-9-1): persistent messages, each confirmed by the broker. */
import { defineLogHandler } from "@propolis/core"
import { z } from "zod"
import { ConnectionEnd, importClient, openBrokerDelivery } from "../brokers/broker-delivery.ts"
import { formatEvent, formatOption } from "../formats/event-format.ts"
import { secretOption } from "../secret-option.ts"
import { hostOption, portOption, timeoutOption } from "../sockets/socket-options.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"

const name = z.string().max(255)

const options = z.strictObject({
  host: hostOption.default("127.0.0.1"),
  port: portOption.optional().describe("Port of the broker. Default: 5672, or 5671 with tls."),
  username: z.string().min(1).max(200).default("guest").describe("User name."),
  password: secretOption().default("guest").describe("Password of the user."),
  vhost: name.default("/").describe("Virtual host."),
  exchange: name.default("propolis").describe("Exchange; empty for the default exchange."),
  exchangeType: z
    .enum(["topic", "direct", "fanout", "headers"])
    .default("topic")
    .describe("Its type, where it is declared."),
  routingKey: name.default("events").describe("Routing key of the messages."),
  queue: name
    .min(1)
    .optional()
    .describe(
      "Declare this durable queue too, and bind it with the routing key. Default: none, consumers bring theirs.",
    ),
  declare: z
    .boolean()
    .default(true)
    .describe("Declare the exchange (and the queue) as durable. Switch off where the user may not."),
  mandatory: z
    .boolean()
    .default(true)
    .describe("Keep the events while no queue takes them; without this RabbitMQ drops such messages."),
  format: formatOption(),
  tls: z.boolean().default(false).describe("Speak TLS. The certificate must fit the host."),
  ...tlsFileOptions,
  timeoutMs: timeoutOption.describe("How long one batch may take, in milliseconds."),
})
export type RabbitmqOptions = z.infer<typeof options>

export const rabbitmqLogHandler = defineLogHandler<RabbitmqOptions>({
  name: "rabbitmq",
  title: "RabbitMQ (publisher confirms)",
  options,
  batch: { maxEvents: 1_000, maxBytes: 4 * 1024 * 1024, maxWaitMs: 200 },
  async open(options, ports) {
    const { host, exchange, routingKey, mandatory, format, timeoutMs } = options
    const port = options.port ?? (options.tls ? 5_671 : 5_672)
    const amqp = await importClient("amqplib", () => import("amqplib"))
    const tlsFiles = options.tls ? await readTlsFiles(options, ports.dataDir) : {}
    return openBrokerDelivery({
      peer: `rabbitmq ${host} port ${port}`,
      timeoutMs,
      async connect() {
        const { username, password, vhost } = options
        const where = {
          protocol: options.tls ? "amqps" : "amqp",
          hostname: host,
          port,
          username,
          password,
          vhost,
        }
        const model = await amqp.connect(where, { timeout: timeoutMs, ...tlsFiles })
        const connection = new ConnectionEnd()
        model.on("error", (error) => connection.end(error))
        model.on("close", (error) => connection.end(error ?? new Error("the broker closed the connection")))
        const channel = await connection.orEnd(model.createConfirmChannel())
        channel.on("error", (error) => connection.end(error))
        channel.on("close", () => connection.end(new Error("the broker closed the channel")))
        /** Ids of messages that no queue took; told before the message is confirmed. */
        const returned = new Set<unknown>()
        channel.on("return", (message) => returned.add(message.properties.messageId))
        if (options.declare) await connection.orEnd(declare(channel, options))
        return {
          async publish(events, acknowledge) {
            const sent = events.map(
              (event, position) =>
                new Promise<void>((resolve, reject) => {
                  const content = Buffer.from(formatEvent(format, event))
                  const properties = {
                    persistent: true,
                    mandatory,
                    messageId: event.id,
                    timestamp: Math.floor(event.time / 1_000),
                    contentType: "application/json",
                    appId: "propolis",
                  }
                  channel.publish(exchange, routingKey, content, properties, (error: Error | null) => {
                    if (error !== null) return reject(error)
                    if (returned.has(event.id)) {
                      return reject(new Error(`no queue takes the routing key ${routingKey}; bind one`))
                    }
                    acknowledge(position)
                    resolve()
                  })
                }),
            )
            for (const one of sent) one.catch(() => {})
            await connection.orEnd(Promise.all(sent))
          },
          destroy() {
            ;(model.connection as unknown as { stream: { destroy(): void } }).stream.destroy()
          },
          close: () => model.close(),
        }
      },
    })
  },
})

interface Declaring {
  assertExchange(exchange: string, type: string, options: { durable: boolean }): Promise<unknown>
  assertQueue(queue: string, options: { durable: boolean }): Promise<unknown>
  bindQueue(queue: string, exchange: string, pattern: string): Promise<unknown>
}

async function declare(channel: Declaring, options: RabbitmqOptions): Promise<void> {
  const { exchange, exchangeType, queue, routingKey } = options
  if (exchange !== "") await channel.assertExchange(exchange, exchangeType, { durable: true })
  if (queue === undefined) return
  await channel.assertQueue(queue, { durable: true })
  if (exchange !== "") await channel.bindQueue(queue, exchange, routingKey)
}

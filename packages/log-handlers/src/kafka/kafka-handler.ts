/** Events to Kafka: one record an event, by an idempotent producer that waits for all in-sync replicas. */
import { defineLogHandler } from "@propolis/core"
import { z } from "zod"
import { importClient, openBrokerDelivery } from "../brokers/broker-delivery.ts"
import { formatEvent, formatOption } from "../formats/event-format.ts"
import { secretOption } from "../secret-option.ts"
import { timeoutOption } from "../sockets/socket-options.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"

const broker = z
  .string()
  .regex(/^(?:[0-9A-Za-z._-]{1,253}|\[[0-9A-Fa-f:]{2,45}\]):[1-9][0-9]{0,4}$/, "expected host:port")

const options = z
  .strictObject({
    brokers: z.array(broker).min(1).max(100).describe("Brokers to ask for the others, each as host:port."),
    topic: z
      .string()
      .regex(/^[0-9A-Za-z._-]{1,249}$/, "expected 1 to 249 letters, digits and ._-")
      .default("propolis-events")
      .describe("Topic of the records."),
    createTopic: z
      .boolean()
      .default(false)
      .describe("Let the broker make the topic where there is none, if its own settings allow that."),
    key: z
      .enum(["session", "source", "none"])
      .default("session")
      .describe("Key of a record, which chooses the partition: the order holds within a key."),
    mechanism: z
      .enum(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
      .default("SCRAM-SHA-512")
      .describe("SASL mechanism, with user name and password."),
    username: z.string().min(1).max(200).optional().describe("User name. Default: no login."),
    password: secretOption().optional().describe("Password of the user."),
    compression: z.enum(["none", "gzip", "zstd"]).default("gzip").describe("How records are compressed."),
    format: formatOption(),
    tls: z.boolean().default(false).describe("Speak TLS. The certificates must fit the brokers' names."),
    ...tlsFileOptions,
    timeoutMs: timeoutOption.describe("How long one batch may take, in milliseconds."),
  })
  .refine((options) => (options.username === undefined) === (options.password === undefined), {
    path: ["password"],
    error: "expected user name and password together",
  })
export type KafkaOptions = z.infer<typeof options>

export const kafkaLogHandler = defineLogHandler<KafkaOptions>({
  name: "kafka",
  title: "Kafka (idempotent producer)",
  options,
  // A broker takes 1 MiB a batch and partition unless it was told otherwise; other formats are up to thrice the wire format.
  batch: { maxEvents: 2_000, maxBytes: 256 * 1024, maxWaitMs: 200 },
  async open(options, ports) {
    const { brokers, topic, key, format, compression, timeoutMs } = options
    const kafka = await importClient("@platformatic/kafka", () => import("@platformatic/kafka"))
    const tls = options.tls ? await readTlsFiles(options, ports.dataDir) : undefined
    return openBrokerDelivery({
      peer: `kafka ${brokers[0]}`,
      timeoutMs,
      async connect() {
        const producer = new kafka.Producer<string, string, string, string>({
          clientId: "propolis",
          bootstrapBrokers: brokers,
          serializers: kafka.stringSerializers,
          idempotent: true,
          acks: kafka.ProduceAcks.ALL,
          compression,
          autocreateTopics: options.createTopic,
          connectTimeout: timeoutMs,
          requestTimeout: timeoutMs,
          timeout: timeoutMs,
          // Twice at once, under the same sequence number; then the pipeline tries again, with back-off.
          // (An idempotent producer of fewer retries would try for ever.)
          retries: 2,
          retryDelay: 250,
          ...(tls === undefined ? {} : { tls, tlsServerName: true }),
          ...saslOf(options),
        })
        return {
          async publish(events) {
            const messages = events.map((event) => ({
              topic,
              ...(key === "none" ? {} : { key: key === "session" ? event.session : event.remoteHost }),
              value: formatEvent(format, event),
              timestamp: BigInt(event.time),
              headers: { id: event.id },
            }))
            await producer.send({ messages })
          },
          destroy() {
            producer.close().catch(() => {})
          },
          close: () => producer.close(),
        }
      },
    })
  },
})

function saslOf({ mechanism, username, password }: KafkaOptions) {
  if (username === undefined || password === undefined) return {}
  return { sasl: { mechanism, username, password } }
}

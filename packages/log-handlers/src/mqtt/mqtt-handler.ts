/** Events to an MQTT broker: one message an event, quality of service 1 (at least once). */
import { defineLogHandler } from "@propolis/core"
import { z } from "zod"
import { ConnectionEnd, importClient, openBrokerDelivery } from "../brokers/broker-delivery.ts"
import { formatEvent, formatOption } from "../formats/event-format.ts"
import { secretOption } from "../secret-option.ts"
import { hostOption, portOption, timeoutOption } from "../sockets/socket-options.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"

const options = z.strictObject({
  host: hostOption.default("127.0.0.1"),
  port: portOption.optional().describe("Port of the broker. Default: 1883, or 8883 with tls."),
  topic: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[^#+\u0000]+$/, "expected a topic without the wildcards # and +")
    .default("propolis/events")
    .describe("Topic of the messages."),
  username: z.string().min(1).max(200).optional().describe("User name."),
  password: secretOption().optional().describe("Password of the user."),
  clientId: z
    .string()
    .regex(/^[0-9A-Za-z._-]{1,64}$/, "expected 1 to 64 letters, digits and ._-")
    .optional()
    .describe("Client identifier; two clients of one name push each other out. Default: a random one."),
  version: z
    .enum(["3.1.1", "5"])
    .default("3.1.1")
    .describe("Version of the protocol; every broker speaks 3.1.1."),
  format: formatOption(),
  tls: z.boolean().default(false).describe("Speak TLS. The certificate must fit the host."),
  ...tlsFileOptions,
  timeoutMs: timeoutOption.describe("How long one batch may take, in milliseconds."),
})
export type MqttOptions = z.infer<typeof options>

export const mqttLogHandler = defineLogHandler<MqttOptions>({
  name: "mqtt",
  title: "MQTT (quality of service 1)",
  options,
  batch: { maxEvents: 500, maxBytes: 4 * 1024 * 1024, maxWaitMs: 200 },
  async open(options, ports) {
    const { host, topic, format, timeoutMs } = options
    const port = options.port ?? (options.tls ? 8_883 : 1_883)
    const { connectAsync } = await importClient("mqtt", () => import("mqtt"))
    const tlsFiles = options.tls ? await readTlsFiles(options, ports.dataDir) : {}
    return openBrokerDelivery({
      peer: `mqtt ${host} port ${port}`,
      timeoutMs,
      async connect() {
        const client = await connectAsync({
          protocol: options.tls ? "mqtts" : "mqtt",
          protocolVersion: options.version === "5" ? 5 : 4,
          host,
          port,
          reconnectPeriod: 0,
          connectTimeout: timeoutMs,
          ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
          ...(options.username === undefined ? {} : { username: options.username }),
          ...(options.password === undefined ? {} : { password: options.password }),
          ...(tlsFiles as object),
        })
        const connection = new ConnectionEnd()
        client.on("error", (error) => connection.end(error))
        client.on("close", () => connection.end(new Error("the broker closed the connection")))
        return {
          async publish(events, acknowledge) {
            const sent = events.map((event, position) =>
              client
                .publishAsync(topic, formatEvent(format, event), { qos: 1 })
                .then(() => acknowledge(position)),
            )
            // Looked at even where the connection ends first.
            for (const one of sent) one.catch(() => {})
            await connection.orEnd(Promise.all(sent))
          },
          destroy() {
            client.end(true)
          },
          close: () => client.endAsync(),
        }
      },
    })
  },
})

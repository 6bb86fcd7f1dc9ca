/** Events to NATS: published to a subject, or stored in a JetStream stream, which keeps an event sent twice once. */
import { defineLogHandler } from "@propolis/core"
import { z } from "zod"
import { importClient, openBrokerDelivery } from "../brokers/broker-delivery.ts"
import { formatEvent, formatOption } from "../formats/event-format.ts"
import { secretOption } from "../secret-option.ts"
import { hostOption, portOption, timeoutOption } from "../sockets/socket-options.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"

const options = z.strictObject({
  host: hostOption.default("127.0.0.1"),
  port: portOption.default(4_222).describe("Port of the server."),
  subject: z
    .string()
    .max(255)
    .regex(/^[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*$/, "expected names joined by dots, without wildcards")
    .default("propolis.events")
    .describe("Subject of the messages."),
  jetstream: z
    .boolean()
    .default(false)
    .describe(
      "Wait until a JetStream stream has stored each event. Without this the server only passes on what it gets to whoever listens.",
    ),
  stream: z
    .string()
    .regex(/^[0-9A-Za-z_-]{1,64}$/, "expected 1 to 64 letters, digits, _ and -")
    .optional()
    .describe("With jetstream: make this stream for the subject where there is none."),
  username: z.string().min(1).max(200).optional().describe("User name, with password."),
  password: secretOption().optional().describe("Password of the user."),
  token: secretOption().optional().describe("Token, instead of user name and password."),
  format: formatOption(),
  tls: z.boolean().default(false).describe("Insist on TLS. The certificate must fit the host."),
  ...tlsFileOptions,
  timeoutMs: timeoutOption.describe("How long one batch may take, in milliseconds."),
})
export type NatsOptions = z.infer<typeof options>

export const natsLogHandler = defineLogHandler<NatsOptions>({
  name: "nats",
  title: "NATS and JetStream",
  options,
  batch: { maxEvents: 1_000, maxBytes: 4 * 1024 * 1024, maxWaitMs: 200 },
  async open(options, ports) {
    const { host, port, subject, format, timeoutMs } = options
    const nats = await importClient("@nats-io/transport-node", () => import("@nats-io/transport-node"))
    const jetstream = await importClient("@nats-io/jetstream", () => import("@nats-io/jetstream"))
    const tlsFiles = await readTlsFiles(options, ports.dataDir)
    return openBrokerDelivery({
      peer: `nats ${host} port ${port}`,
      timeoutMs,
      async connect() {
        const connection = await nats.connect({
          servers: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
          name: `propolis ${ports.sensor}`,
          reconnect: false,
          timeout: timeoutMs,
          // The name that the certificate must fit: the client leaves it out where it is an address.
          ...(options.tls ? { tls: textsOf({ host, ...tlsFiles }) } : {}),
          ...(options.username === undefined ? {} : { user: options.username }),
          ...(options.password === undefined ? {} : { pass: options.password }),
          ...(options.token === undefined ? {} : { token: options.token }),
        })
        const destroy = () => void connection.close().catch(() => {})
        try {
          if (options.jetstream && options.stream !== undefined) {
            const { streams } = await jetstream.jetstreamManager(connection, { timeout: timeoutMs })
            const found = await streams.info(options.stream).catch(() => undefined)
            if (found === undefined) await streams.add({ name: options.stream, subjects: [subject] })
          }
        } catch (error) {
          destroy()
          throw error
        }
        const client = jetstream.jetstream(connection, { timeout: timeoutMs })
        return {
          async publish(events, acknowledge) {
            if (!options.jetstream) {
              for (const event of events) connection.publish(subject, formatEvent(format, event))
              // The server answers behind everything that was sent before.
              await connection.flush()
              return
            }
            const sent = events.map((event, position) =>
              client
                .publish(subject, formatEvent(format, event), { msgID: event.id, timeout: timeoutMs })
                .then(() => acknowledge(position)),
            )
            for (const one of sent) one.catch(() => {})
            await Promise.all(sent)
          },
          destroy,
          close: () => connection.drain(),
        }
      },
    })
  },
})

function textsOf(files: object): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, String(file)]))
}

/** Events to a stream of Redis or Valkey (`XADD`), a batch in one transaction. */
import { defineLogHandler } from "@propolis/core"
import { z } from "zod"
import { importClient, openBrokerDelivery } from "../brokers/broker-delivery.ts"
import { formatEvent, formatOption } from "../formats/event-format.ts"
import { secretOption } from "../secret-option.ts"
import { hostOption, portOption, timeoutOption } from "../sockets/socket-options.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"

const options = z.strictObject({
  host: hostOption.default("127.0.0.1"),
  port: portOption.default(6_379).describe("Port of the server."),
  username: z.string().min(1).max(200).optional().describe("User of the access control list."),
  password: secretOption().optional().describe("Password of the user, or of the server."),
  database: z.int().min(0).max(65_535).default(0).describe("Number of the database."),
  stream: z.string().min(1).max(512).default("propolis:events").describe("Key of the stream."),
  maxLength: z
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Keep about so many newest entries of the stream (MAXLEN ~). Default: all."),
  format: formatOption(),
  tls: z.boolean().default(false).describe("Speak TLS. The certificate must fit the host."),
  ...tlsFileOptions,
  timeoutMs: timeoutOption.describe("How long one batch may take, in milliseconds."),
})
export type RedisOptions = z.infer<typeof options>

export const redisLogHandler = defineLogHandler<RedisOptions>({
  name: "redis",
  title: "Redis or Valkey (stream)",
  options,
  batch: { maxEvents: 1_000, maxBytes: 4 * 1024 * 1024, maxWaitMs: 200 },
  async open(options, ports) {
    const { host, port, stream, maxLength, format, timeoutMs } = options
    const { createClient } = await importClient("@redis/client", () => import("@redis/client"))
    const tlsFiles = await readTlsFiles(options, ports.dataDir)
    const limit = maxLength === undefined ? [] : ["MAXLEN", "~", String(maxLength)]
    return openBrokerDelivery({
      peer: `redis ${host} port ${port}`,
      timeoutMs,
      async connect() {
        const socket = { host, port, connectTimeout: timeoutMs, reconnectStrategy: false as const }
        const client = createClient({
          RESP: 2,
          socket: options.tls ? { ...socket, tls: true as const, ...tlsFiles } : socket,
          disableOfflineQueue: true,
          database: options.database,
          ...(options.username === undefined ? {} : { username: options.username }),
          ...(options.password === undefined ? {} : { password: options.password }),
        })
        // Told by the command that fails of it.
        client.on("error", () => {})
        const destroy = () => {
          if (client.isOpen) client.destroy()
        }
        try {
          await client.connect()
        } catch (error) {
          destroy()
          throw error
        }
        return {
          async publish(events) {
            const transaction = client.multi()
            for (const event of events) {
              const entry = ["id", event.id, "event", formatEvent(format, event)]
              transaction.addCommand(["XADD", stream, ...limit, "*", ...entry])
            }
            await transaction.exec()
          },
          destroy,
          async close() {
            if (client.isOpen) await client.close()
          },
        }
      },
    })
  },
})

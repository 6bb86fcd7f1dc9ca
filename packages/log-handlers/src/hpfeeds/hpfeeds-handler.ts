/** Events published to an hpfeeds broker (MHN, CHN, hpfeeds-broker). */
import { defineLogHandler, type SensorEvent } from "@propolis/core"
import { z } from "zod"
import { openBrokerDelivery } from "../brokers/broker-delivery.ts"
import { formatEvent } from "../formats/event-format.ts"
import { secretOption } from "../secret-option.ts"
import { hostOption, portOption, timeoutOption } from "../sockets/socket-options.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"
import { hpfeedsRecord } from "./hpfeeds-record.ts"
import { HpfeedsSession } from "./hpfeeds-session.ts"
import { publishFrame } from "./hpfeeds-wire.ts"

/**
 * The protocol has no acknowledgement; a broker that refuses the ident or the channel says so and closes. For so
 * long it is listened to behind a batch.
 */
const settleMs = 250

const shortText = z.string().min(1).max(200)

const options = z.strictObject({
  host: hostOption,
  port: portOption.default(10_000).describe("Port of the broker: 10000 for MHN and CHN, 20000 for others."),
  ident: shortText.describe("Ident of the publisher."),
  secret: secretOption().describe("Secret of the ident."),
  channel: shortText.default("propolis.events").describe("Channel that the ident may publish to."),
  format: z
    .enum(["hpfeeds", "event"])
    .default("hpfeeds")
    .describe("hpfeeds: HoneyPy's JSON. event: as docs/events.md describes it."),
  serverId: shortText.optional().describe("Sent as serverid with HoneyPy's JSON. Default: the sensor's id."),
  tls: z.boolean().default(false).describe("Speak TLS. The certificate must fit the host."),
  ...tlsFileOptions,
  timeoutMs: timeoutOption.describe("How long one batch may take, in milliseconds."),
})
export type HpfeedsOptions = z.infer<typeof options>

export const hpfeedsLogHandler = defineLogHandler<HpfeedsOptions>({
  name: "hpfeeds",
  title: "hpfeeds (publisher)",
  options,
  batch: { maxEvents: 1_000, maxBytes: 4 * 1024 * 1024, maxWaitMs: 500 },
  async open(options, ports) {
    const { host, port, ident, secret, channel, format, timeoutMs } = options
    const tls = options.tls ? await readTlsFiles(options, ports.dataDir) : undefined
    const serverId = options.serverId ?? ports.sensor
    const payloadOf = (event: SensorEvent) =>
      Buffer.from(
        format === "event" ? formatEvent(format, event) : JSON.stringify(hpfeedsRecord(event, serverId)),
      )
    return openBrokerDelivery({
      peer: `hpfeeds ${host} port ${port}`,
      timeoutMs,
      async connect() {
        const session = new HpfeedsSession({ host, port, tls, ident, secret })
        try {
          await session.greet()
        } catch (error) {
          session.destroy()
          throw error
        }
        return {
          async publish(events) {
            const frames = events.map((event) => publishFrame(ident, channel, payloadOf(event)))
            await session.send(Buffer.concat(frames), settleMs)
          },
          destroy: () => session.destroy(),
          close: () => session.close(),
        }
      },
    })
  },
})

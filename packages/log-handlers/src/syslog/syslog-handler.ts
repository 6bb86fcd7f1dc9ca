/** Events to a syslog receiver: RFC 5424 messages over UDP (RFC 5426), TCP (RFC 6587 octet counting) or TLS (RFC 5425). */
import {
  bytesFromText,
  concatBytes,
  type DeliveryReport,
  defineLogHandler,
  namePattern,
} from "@propolis/core"
import { z } from "zod"
import { eventFormats } from "../formats/event-format.ts"
import { hostOption, portOption, timeoutOption } from "../sockets/socket-options.ts"
import { TcpSender } from "../sockets/tcp-sender.ts"
import { UdpSender } from "../sockets/udp-sender.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"
import { type Facility, facilities, syslogMessage } from "./syslog-message.ts"

const facilityNames = Object.keys(facilities) as [Facility, ...Facility[]]

const options = z.strictObject({
  host: hostOption,
  transport: z
    .enum(["udp", "tcp", "tls"])
    .default("tcp")
    .describe("udp loses what the network or a busy receiver drops; tcp and tls do not."),
  port: portOption.optional().describe("Port of the receiver. Default: 514, or 6514 with tls."),
  format: z
    .enum([...eventFormats, "cef"])
    .default("event")
    .describe(
      "What the message holds. event, ecs, honeypy: JSON (see the other log handlers). cef: ArcSight's Common Event Format.",
    ),
  facility: z
    .enum(facilityNames)
    .default("local0")
    .describe("Facility of the messages; the severity is notice."),
  appName: z
    .string()
    .max(48)
    .regex(namePattern, "expected 1 to 48 letters, digits and ._+/:- without spaces")
    .default("propolis")
    .describe("APP-NAME of the messages; HOSTNAME is the sensor's id."),
  enterpriseNumber: z
    .int()
    .min(1)
    .max(4_294_967_295)
    .default(32_473)
    .describe("Private enterprise number in the name of the structured data, propolis@32473."),
  maxMessageBytes: z
    .int()
    .min(1_024)
    .max(1_048_576)
    .optional()
    .describe(
      "A longer message's payload is cut and marked as truncated. Default: 8192, what receivers take unasked, or 2048 with udp.",
    ),
  ...tlsFileOptions,
  confirm: z
    .boolean()
    .default(true)
    .describe(
      "With tcp and tls: close the connection behind each batch and wait until the receiver, having read it all, closes too.",
    ),
  timeoutMs: timeoutOption.describe("How long one batch may take over tcp and tls, in milliseconds."),
})
export type SyslogOptions = z.infer<typeof options>

export const syslogLogHandler = defineLogHandler<SyslogOptions>({
  name: "syslog",
  title: "Syslog (RFC 5424 over UDP, TCP or TLS; CEF)",
  options,
  batch: { maxEvents: 2_000, maxBytes: 4 * 1024 * 1024, maxWaitMs: 500 },
  async open(options, ports) {
    const { host, transport, timeoutMs, confirm } = options
    const port = options.port ?? (transport === "tls" ? 6_514 : 514)
    const maxMessageBytes = options.maxMessageBytes ?? (transport === "udp" ? 2_048 : 8_192)
    const tls = transport === "tls" ? await readTlsFiles(options, ports.dataDir) : undefined
    const sender =
      transport === "udp" ? new UdpSender(host, port) : new TcpSender({ host, port, tls, timeoutMs, confirm })
    return {
      async deliver(batch, signal): Promise<DeliveryReport> {
        const messages: Uint8Array[] = []
        const rejected: { index: number; reason: string }[] = []
        for (const [index, event] of batch.events.entries()) {
          const message = syslogMessage(event, { ...options, maxMessageBytes })
          if (message !== undefined) messages.push(message)
          else rejected.push({ index, reason: `too large for a message of ${maxMessageBytes} bytes` })
        }
        if (sender instanceof UdpSender) await sender.send(messages, signal)
        else await sender.send(concatBytes(messages.flatMap(countOctets)), signal)
        return { rejected }
      },
      async close() {
        sender.close()
      },
    }
  },
})

/** RFC 6587 §3.4.1: `MSG-LEN SP SYSLOG-MSG`. */
function countOctets(message: Uint8Array): Uint8Array[] {
  return [bytesFromText(`${message.length} `), message]
}

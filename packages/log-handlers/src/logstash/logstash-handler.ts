/** Events to Logstash's tcp input (codec json_lines), or to anything that reads lines of JSON from TCP or TLS. */
import { defineLogHandler } from "@propolis/core"
import { z } from "zod"
import { formatLines, formatOption } from "../formats/event-format.ts"
import { hostOption, portOption, timeoutOption } from "../sockets/socket-options.ts"
import { TcpSender } from "../sockets/tcp-sender.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"

const options = z.strictObject({
  host: hostOption,
  port: portOption.default(5_000).describe("Port of the tcp input."),
  format: formatOption("ecs"),
  tls: z.boolean().default(false).describe("Speak TLS. The certificate must fit the host."),
  ...tlsFileOptions,
  confirm: z
    .boolean()
    .default(true)
    .describe(
      "Close the connection behind each batch and wait until Logstash, having read it all, closes too. The line protocol has no other answer: without this, what was sent shortly before Logstash died is lost.",
    ),
  timeoutMs: timeoutOption.describe("How long one batch may take, in milliseconds."),
})
export type LogstashOptions = z.infer<typeof options>

export const logstashLogHandler = defineLogHandler<LogstashOptions>({
  name: "logstash",
  title: "Logstash (JSON lines over TCP or TLS)",
  options,
  batch: { maxEvents: 5_000, maxBytes: 4 * 1024 * 1024, maxWaitMs: 500 },
  async open(options, ports) {
    const { host, port, timeoutMs, confirm } = options
    const tls = options.tls ? await readTlsFiles(options, ports.dataDir) : undefined
    const sender = new TcpSender({ host, port, tls, timeoutMs, confirm })
    return {
      async deliver(batch, signal) {
        await sender.send(formatLines(options.format, batch), signal)
        return undefined
      },
      async close() {
        sender.close()
      },
    }
  },
})

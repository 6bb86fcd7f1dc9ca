import { defineEmulator } from "@propolis/core"
import { z } from "zod"

/** Sends its message. TCP: at once, then closes. UDP: as the answer to each datagram. */
export const motd = defineEmulator({
  name: "motd",
  title: "Message of the day",
  interaction: "low",
  transports: { tcp: 8, udp: 8 },
  options: z.strictObject({
    message: z
      .string()
      .max(1_024)
      .default("Prototype unit 0001 is ready to accept programming\r\n")
      .describe("Text that is sent, line ends included. At most 1,024 characters."),
  }),
  open(connection, options) {
    if (connection.transport === "udp") return { datagram: () => connection.send(options.message) }
    connection.send(options.message)
    connection.end()
    return {}
  },
})

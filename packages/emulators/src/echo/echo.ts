import { defineEmulator } from "@propolis/core"
import { z } from "zod"

/** RFC 862: what comes goes back. */
export const echo = defineEmulator({
  name: "echo",
  title: "Echo (RFC 862)",
  interaction: "low",
  transports: { tcp: 7, udp: 7 },
  options: z.strictObject({}),
  open(connection) {
    const answer = (bytes: Uint8Array) => connection.send(bytes)
    return { data: answer, datagram: answer }
  },
})

import { concatBytes, defineEmulator } from "@propolis/core"
import { z } from "zod"
import { answerPerBurst } from "../per-burst.ts"

const newline = Uint8Array.of(0x0a)

/**
 * Random bytes and a newline. HoneyPy's plug-in sends 99 of them when a client connects and closes;
 * with `close: false` it stays and sends as many again on each receipt.
 */
export const random = defineEmulator({
  name: "random",
  title: "Random bytes",
  interaction: "low",
  transports: { tcp: 2048 },
  options: z.strictObject({
    size: z.int().min(1).max(4_096).default(99).describe("Random bytes of one answer, before its newline."),
    close: z
      .boolean()
      .default(false)
      .describe("Close the connection after the first answer, as HoneyPy does."),
  }),
  open(connection, options) {
    const answer = () => connection.send(concatBytes([connection.random(options.size), newline]))
    answer()
    if (!options.close) return answerPerBurst(connection, answer)
    connection.end()
    return {}
  },
})

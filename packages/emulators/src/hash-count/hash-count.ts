import { createHash } from "node:crypto"
import { bytesFromText, concatBytes, defineEmulator } from "@propolis/core"
import { z } from "zod"
import { answerPerBurst } from "../per-burst.ts"

const randomBytes = 99

/**
 * As HoneyPy's HashCountRandom: greets with the client's address, then answers the n-th receipt with
 * the MD5 of the decimal text n, a colon, 99 random bytes and a newline.
 */
export const hashCount = defineEmulator({
  name: "hash-count",
  title: "Counter, hash and random bytes",
  interaction: "low",
  transports: { tcp: 4096 },
  options: z.strictObject({}),
  open(connection) {
    let count = 0
    connection.send(`ACCEPT_CONN: ${connection.peer.host}\n`)
    return answerPerBurst(connection, () => {
      count++
      const digest = createHash("md5").update(String(count)).digest("hex")
      connection.send(
        concatBytes([bytesFromText(`${digest}:`), connection.random(randomBytes), Uint8Array.of(0x0a)]),
      )
    })
  },
})

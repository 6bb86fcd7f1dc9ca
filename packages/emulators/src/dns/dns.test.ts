import { join } from "node:path"
import { describeEmulator } from "@propolis/testkit/emulator"
import { dns } from "./dns.ts"

describeEmulator(dns, {
  transcriptDir: join(import.meta.dirname, "transcripts"),
  output: { baseBytes: 512, perByte: 12 },
})

import { join } from "node:path"
import { describeEmulator } from "@propolis/testkit/emulator"
import { hashCount } from "./hash-count.ts"

describeEmulator(hashCount, { transcriptDir: join(import.meta.dirname, "transcripts") })

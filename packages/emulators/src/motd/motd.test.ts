import { join } from "node:path"
import { describeEmulator } from "@propolis/testkit/emulator"
import { motd } from "./motd.ts"

describeEmulator(motd, { transcriptDir: join(import.meta.dirname, "transcripts") })

import { join } from "node:path"
import { describeEmulator } from "@propolis/testkit/emulator"
import { echo } from "./echo.ts"

describeEmulator(echo, { transcriptDir: join(import.meta.dirname, "transcripts") })

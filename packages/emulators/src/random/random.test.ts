import { join } from "node:path"
import { describeEmulator } from "@propolis/testkit/emulator"
import { random } from "./random.ts"

describeEmulator(random, {
  transcriptDir: join(import.meta.dirname, "transcripts"),
  optionSets: [{}, { close: true }],
})

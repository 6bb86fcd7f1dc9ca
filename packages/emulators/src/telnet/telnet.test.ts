import { join } from "node:path"
import { describeEmulator } from "@propolis/testkit/emulator"
import { telnet } from "./telnet.ts"

describeEmulator(telnet, {
  transcriptDir: join(import.meta.dirname, "transcripts"),
  optionSets: [{}, { style: "windows", policy: "any" }, { policy: "any", attempts: 1 }],
  tokens: [
    "\xff\xfb",
    "\xff\xfd",
    "\xff\xfe",
    "\xff\xfc",
    "\xff\xfa",
    "\xff\xf0",
    "\xff\xf6",
    "\xff\xfb\x18",
    "\xff\xfa\x18\x00",
  ],
  output: { baseBytes: 8_192, perByte: 12 },
})

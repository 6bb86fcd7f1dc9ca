import { join } from "node:path"
import { describeEmulator } from "@propolis/testkit/emulator"
import { http } from "./http.ts"

describeEmulator(http, {
  transcriptDir: join(import.meta.dirname, "transcripts"),
  tokens: [
    "GET / HTTP/1.1\r\n",
    "HTTP/1.0",
    "Host: a\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "PUT",
    "Range: bytes=0-",
  ],
  // Sixteen bytes ask for a whole page.
  output: { baseBytes: 8_192, perByte: 120 },
  optionSets: [{ maxKeptBodyBytes: 65_536 }],
})

/** Peers that answer rightly and keep nothing, in a process of their own: a hub, an Elasticsearch, and one that only reads. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync } from "node:zlib"

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  response.setHeader("content-type", "application/json")
  if (request.url === "/api/v2/events") {
    response.end('{"status":"Success","accepted":0,"rejected":[]}')
  } else if (request.url?.startsWith("/_bulk") === true) {
    const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body
    let lines = 0
    for (let at = plain.indexOf(0x0a); at >= 0; at = plain.indexOf(0x0a, at + 1)) lines++
    const items = Array.from({ length: lines / 2 }, () => ({ create: { status: 201 } }))
    response.end(JSON.stringify({ errors: false, items }))
  } else response.end("{}")
})
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port))
process.on("disconnect", () => process.exit(0))

/** Bare yardstick of ingest: a Node HTTP server that appends each body to a file and answers after fdatasync. Argument: file. */
import { open } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const file = await open(process.argv[2]!, "a")
let syncing: Promise<void> | undefined
let next: Promise<void> | undefined

/** One sync for all that wait, as the hub's journal does it. */
function sync(): Promise<void> {
  if (syncing === undefined) {
    syncing = file.datasync().finally(() => {
      syncing = undefined
    })
    return syncing
  }
  next ??= syncing.then(() => {
    next = undefined
    return sync()
  })
  return next
}

const server = createServer(async (request, response) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  await file.write(Buffer.concat(parts))
  await sync()
  response.end("{}")
})
server.listen(0, "127.0.0.1", () => {
  process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
process.on("message", async (message) => {
  if (message !== "stop") return
  server.close()
  server.closeAllConnections()
  await file.close()
  process.disconnect()
})

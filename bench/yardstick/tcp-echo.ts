/** Yardstick: a bare Node TCP echo server that appends one JSON line per event. `node tcp-echo.ts FILE` */
import { createServer } from "node:net"
import { openLines } from "./lines.ts"
import { reportUsage } from "./usage.ts"

const lines = openLines(process.argv[2]!)
const server = createServer((socket) => {
  const { remoteAddress, remotePort } = socket
  lines.write("CONNECT", remoteAddress, remotePort)
  socket.on("data", (data) => {
    lines.write("RX", remoteAddress, remotePort, data)
    socket.write(data)
    lines.write("TX", remoteAddress, remotePort, data)
  })
  socket.on("error", () => {})
  socket.on("close", () => lines.write("DISCONNECT", remoteAddress, remotePort))
})
server.listen({ host: "127.0.0.1", port: 0, backlog: 1_024 }, () => {
  reportUsage({ port: (server.address() as { port: number }).port })
})

/** Yardstick: a bare Node UDP echo that appends two JSON lines per datagram. `node udp-echo.ts FILE` */
import { createSocket } from "node:dgram"
import { openLines } from "./lines.ts"
import { reportUsage } from "./usage.ts"

const lines = openLines(process.argv[2]!)
const socket = createSocket("udp4")
socket.on("message", (data, peer) => {
  lines.write("RX", peer.address, peer.port, data)
  socket.send(data, peer.port, peer.address)
  lines.write("TX", peer.address, peer.port, data)
})
socket.bind(0, "127.0.0.1", () => reportUsage({ port: socket.address().port }))

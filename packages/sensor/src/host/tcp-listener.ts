/** Accepts TCP connections for one service: limits first, before anything is allocated for them. */
import { createServer, type Server, type Socket } from "node:net"
import { type AddressBlock, blockContains, PropolisError, parseAddress, parseBlock } from "@propolis/core"
import type { HostContext } from "./host-context.ts"
import { hostOf, TcpSession } from "./tcp-session.ts"
import type { ListeningService, ServiceDefinition } from "./types.ts"

const backlog = 1_024

/** @throws PropolisError LISTEN_FAILED, CONFIG_INVALID where `proxyFrom` holds what is no block. */
export async function listenTcp(host: HostContext, definition: ServiceDefinition): Promise<ListeningService> {
  const proxies = definition.proxyFrom.map((text) => proxyBlock(definition, text))
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    highWaterMark: Math.min(64 * 1024, host.policy.limits.maxBufferedBytes),
  })
  server.on("connection", (socket) => accept(host, definition, proxies, socket))
  await listening(server, definition)
  server.on("error", (error) => host.report("listen", `${definition.name}: ${error.message}`))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : definition.port
  return {
    definition,
    port,
    stop: () => {
      // Resolves when it does not listen any more; close() itself waits for the connections.
      server.close()
      return Promise.resolve()
    },
  }
}

function listening(server: Server, definition: ServiceDefinition): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const place = `${definition.host} port ${definition.port}/tcp`
      reject(new PropolisError("LISTEN_FAILED", `${definition.name}: ${place}: ${cause.message}`, { cause }))
    })
    server.listen({ host: definition.host, port: definition.port, backlog }, () => {
      server.removeAllListeners("error")
      resolve()
    })
  })
}

function proxyBlock(definition: ServiceDefinition, text: string): AddressBlock {
  const block = parseBlock(text)
  if (block === undefined) {
    throw new PropolisError("CONFIG_INVALID", `${definition.name}: proxyFrom: ${text} is no address block`)
  }
  return block
}

function accept(
  host: HostContext,
  definition: ServiceDefinition,
  proxies: readonly AddressBlock[],
  socket: Socket,
): void {
  const { remoteAddress } = socket
  // Reset while it waited to be accepted.
  if (remoteAddress === undefined) {
    drop(host, socket, "reset")
    return
  }
  const { limits } = host.policy
  const nowMs = host.nowMs()
  if (host.sessions.size + host.conversations.size >= limits.maxConnections) {
    // A completed hand-shake is worth more than what may be a forged datagram.
    const oldest = host.conversations.values().next()
    if (oldest.done === true) {
      drop(host, socket, "maxConnections")
      return
    }
    oldest.value.forget()
  }
  const address = hostOf(remoteAddress)
  if (proxies.length > 0 && isWithin(proxies, address)) {
    new TcpSession(host, definition, socket, undefined, nowMs)
    return
  }
  const source = host.sources.seen(address, nowMs, limits)
  const refusal = host.sources.admit(source, limits)
  if (refusal !== undefined) {
    drop(host, socket, refusal)
    return
  }
  source.provenMs = nowMs
  new TcpSession(host, definition, socket, source, nowMs)
}

function drop(host: HostContext, socket: Socket, reason: string): void {
  host.counters.count(`droppedConnections{reason="${reason}"}`)
  socket.on("error", () => {})
  socket.destroy()
}

function isWithin(blocks: readonly AddressBlock[], address: string): boolean {
  const bytes = parseAddress(address)
  return bytes !== undefined && blocks.some((block) => blockContains(block, bytes))
}

import { join } from "node:path"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { encodeEvent, type LogHandler } from "@propolis/core"
import { requireProgram } from "@propolis/testkit"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { describeBrokerHandler } from "../brokers/describe-broker-handler.test-support.ts"
import { startDebianPeer } from "../sockets/debian-peer.test-support.ts"
import { makeCertificate } from "../sockets/tcp-peer.test-support.ts"
import { natsLogHandler } from "./nats-handler.ts"

const never = new AbortController().signal

async function storedIn(port: number, stream: string): Promise<string[]> {
  const connection = await connect({ servers: `127.0.0.1:${port}` })
  try {
    const manager = await jetstreamManager(connection)
    const info = await manager.streams.info(stream).catch(() => undefined)
    const texts: string[] = []
    for (let seq = 1; seq <= (info?.state.messages ?? 0); seq++) {
      const message = await manager.streams.getMessage(stream, { seq })
      texts.push(message!.string())
    }
    return texts
  } finally {
    await connection.close()
  }
}

describe.runIf(requireProgram("nats-server", "nats-server"))("nats", () => {
  describeBrokerHandler(
    "nats",
    {
      handler: natsLogHandler as LogHandler,
      start: () =>
        startDebianPeer({
          program: "nats-server",
          command: async (dir, port) => ({ args: ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", dir] }),
        }),
      place: async (port, name) => ({
        options: { jetstream: true, subject: `test.${name}`, stream: name },
        consumer: {
          ids: async () =>
            (await storedIn(port, name)).map((text) => (JSON.parse(text) as { id: string }).id),
          stop: async () => {},
        },
      }),
      idempotent: true,
      startsWithTls: false,
    },
    (context) => {
      it("without JetStream publishes to whoever listens", async () => {
        const listener = await connect({ servers: `127.0.0.1:${context.port}` })
        const texts: string[] = []
        listener.subscribe("plain.events", { callback: (_, message) => void texts.push(message.string()) })
        await listener.flush()
        const handler = await context.open(context.port, { subject: "plain.events" })
        const events = oddEvents(0, 20)
        await handler.deliver(batchOf(1, events), never)
        await listener.flush()
        await expect.poll(() => texts).toEqual(events.map(encodeEvent))
        await listener.close()
      })

      it.runIf(requireProgram("openssl", "openssl"))(
        "speaks TLS to a server that asks for it, and trusts its certificate only if told to",
        async () => {
          let certFile = ""
          const server = await startDebianPeer({
            program: "nats-server",
            async command(dir, port) {
              certFile = makeCertificate(dir).certFile
              const tls = ["--tls", "--tlscert", certFile, "--tlskey", join(dir, "peer.key")]
              return { args: ["-a", "127.0.0.1", "-p", `${port}`, ...tls] }
            },
          })
          try {
            const trusting = await context.open(server.port, { tls: true, tlsCaFile: certFile })
            await trusting.deliver(batchOf(1, oddEvents(0, 3)), never)
            const strict = await context.open(server.port, { tls: true })
            await expect(strict.deliver(batchOf(1, oddEvents(0, 3)), never)).rejects.toMatchObject({
              retry: true,
            })
            await trusting.close()
          } finally {
            await server.stop()
          }
        },
      )

      it("does not go on without TLS where TLS was asked for", async () => {
        const handler = await context.open(context.port, { tls: true })
        await expect(handler.deliver(batchOf(1, oddEvents(0, 1)), never)).rejects.toMatchObject({
          retry: true,
        })
      })

      it("keeps events while no stream takes them", async () => {
        const handler = await context.open(context.port, { jetstream: true, subject: "nobody.there" })
        await expect(handler.deliver(batchOf(1, oddEvents(0, 2)), never)).rejects.toMatchObject({
          retry: true,
        })
      })
    },
  )
})

import { createSocket } from "node:dgram"
import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { concatBytes, type Emulator, type Persona } from "@propolis/core"
import { personaFixture } from "./persona-fixture.ts"
import { assertSame } from "./run-transcript.ts"
import { bareSocketTarget, type OpenSocketTarget } from "./socket-target.ts"
import { matchesAt, showBytes, type Transcript, type TranscriptStep } from "./transcript.ts"

/** How long an expected answer may take on the slowest machine; beyond, the transcript fails. */
const answerWithinMs = 30_000

interface Client {
  send(bytes: Uint8Array): void
  received(): Uint8Array
  closedByServer(): boolean
  /** Begins TLS on top of what is there. */
  secure(): Promise<void>
  end(): void
  destroy(): void
}

/**
 * Runs a transcript over a real socket: every expected byte must come, in order, and every INFO event.
 * `wait` moves the target's clock once everything sent has arrived; where it has none, waiting is left to the
 * real one: an answer may take as long as it needs. `secured` begins TLS.
 * @throws Error that names file and line, what was expected and what came.
 */
export async function runTranscriptOverSocket(
  emulator: Emulator,
  transcript: Transcript,
  open: OpenSocketTarget = bareSocketTarget,
  persona: Persona = personaFixture(),
): Promise<void> {
  const { transport } = transcript
  const target = await open(emulator, emulator.options.parse(transcript.options), { persona, transport })
  const client = await (transport === "tcp" ? openTcp : openUdp)(target.host, target.port)
  let outputOffset = 0
  let infoOffset = 0
  let sentBytes = 0
  const fail = (step: TranscriptStep, reason: string) =>
    new Error(`${transcript.name}:${step.line} (over a socket): ${reason}`)
  try {
    for (const step of transcript.steps) {
      if (step.kind === "client") {
        client.send(step.bytes)
        sentBytes += step.bytes.length
        // One after the other, as they were recorded: the next bytes must not overtake an event.
        if (transport === "udp") await until(() => target.receivedBytes() >= sentBytes)
      } else if (step.kind === "wait" && target.advance !== undefined) {
        const arrived = () => target.sessions() > 0 && target.receivedBytes() >= sentBytes
        await until(() => arrived() || client.closedByServer())
        target.advance(step.ms)
      } else if (step.kind === "server") {
        await until(() => client.received().length >= outputOffset + step.expected.length)
        const output = client.received()
        if (!matchesAt(output, outputOffset, step.expected)) {
          const got = showBytes(output.subarray(outputOffset, outputOffset + step.expected.length))
          throw fail(step, `expected ${showBytes(step.expected)}\n     got ${got}`)
        }
        outputOffset += step.expected.length
      } else if (step.kind === "info") {
        await until(() => target.recorded().length > infoOffset)
        assertSame(target.recorded()[infoOffset++], step.attributes, (reason) => fail(step, reason))
      } else if (step.kind === "end") client.end()
      else if (step.kind === "closed") {
        await until(client.closedByServer)
        if (!client.closedByServer()) throw fail(step, "the session is still open")
      } else if (step.kind === "secured") await client.secure()
    }
    const output = client.received()
    if (output.length > outputOffset) {
      throw new Error(`${transcript.name}: more than expected: ${showBytes(output.subarray(outputOffset))}`)
    }
  } finally {
    client.destroy()
    await target.close()
  }
}

async function until(holds: () => boolean): Promise<void> {
  const startMs = performance.now()
  while (!holds() && performance.now() - startMs < answerWithinMs) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function openTcp(host: string, port: number): Promise<Client> {
  const plain = connect(port, host)
  let socket: Socket = plain
  const parts: Uint8Array[] = []
  let closed = false
  const close = () => {
    closed = true
  }
  const attach = (stream: Socket) => {
    stream.on("data", (bytes) => void parts.push(bytes))
    stream.on("end", close).on("close", close).on("error", close)
  }
  attach(plain)
  await new Promise<void>((resolve, reject) => {
    plain.once("connect", resolve)
    plain.once("error", reject)
  })
  return {
    send: (bytes) => void socket.write(bytes),
    received: () => concatBytes(parts),
    closedByServer: () => closed,
    secure() {
      plain.removeAllListeners("data")
      return new Promise((resolve, reject) => {
        const secured = connectTls({ socket: plain, rejectUnauthorized: false }, resolve)
        secured.once("error", reject)
        attach(secured)
        socket = secured
      })
    },
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  }
}

async function openUdp(host: string, port: number): Promise<Client> {
  const socket = createSocket("udp4")
  const parts: Uint8Array[] = []
  socket.on("message", (bytes) => void parts.push(bytes))
  await new Promise<void>((resolve) => socket.bind(0, host, resolve))
  return {
    send: (bytes) => void socket.send(bytes, port, host),
    received: () => concatBytes(parts),
    closedByServer: () => false,
    secure: () => Promise.reject(new Error("there is no TLS over UDP")),
    end() {},
    destroy: () => void socket.close(),
  }
}

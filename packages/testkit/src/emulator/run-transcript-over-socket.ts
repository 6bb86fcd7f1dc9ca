import { createSocket } from "node:dgram"
import { connect } from "node:net"
import { concatBytes, type Emulator, type Persona } from "@propolis/core"
import { personaFixture } from "./persona-fixture.ts"
import { assertSame } from "./run-transcript.ts"
import { bareSocketTarget, type OpenSocketTarget } from "./socket-target.ts"
import { matchesAt, showBytes, type Transcript, type TranscriptStep } from "./transcript.ts"

/** How long an expected answer may take; beyond, the transcript fails. */
const answerWithinMs = 10_000

interface Client {
  send(bytes: Uint8Array): void
  received(): Uint8Array
  closedByServer(): boolean
  end(): void
  destroy(): void
}

/**
 * Runs a transcript over a real socket: every expected byte must come, in order, and every INFO event.
 * Steps of waiting are left to the real clock: an answer may take as long as it needs. `secured` cannot
 * be replayed here and is refused.
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
  const fail = (step: TranscriptStep, reason: string) =>
    new Error(`${transcript.name}:${step.line} (over a socket): ${reason}`)
  try {
    for (const step of transcript.steps) {
      if (step.kind === "client") client.send(step.bytes)
      else if (step.kind === "server") {
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
      } else if (step.kind === "secured") throw fail(step, "TLS cannot be replayed over a plain socket")
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
  const socket = connect(port, host)
  const parts: Uint8Array[] = []
  let closed = false
  const close = () => {
    closed = true
  }
  socket.on("data", (bytes) => void parts.push(bytes))
  socket.on("end", close)
  socket.on("close", close)
  socket.on("error", close)
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve)
    socket.once("error", reject)
  })
  return {
    send: (bytes) => void socket.write(bytes),
    received: () => concatBytes(parts),
    closedByServer: () => closed,
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
    end() {},
    destroy: () => void socket.close(),
  }
}

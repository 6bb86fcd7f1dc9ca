import type { Emulator, Persona } from "@propolis/core"
import { FakeConnection, FakeSession } from "./fake-connection.ts"
import { personaFixture } from "./persona-fixture.ts"
import { matchesAt, showBytes, type Transcript, type TranscriptStep } from "./transcript.ts"

export interface TranscriptResult {
  /** Names of all attributes that were recorded. */
  readonly attributeNames: ReadonlySet<string>
}

/**
 * Runs a transcript on the bare machine, with a fake clock.
 * @throws Error that names file and line, what was expected and what came.
 */
export function runTranscript(
  emulator: Emulator,
  transcript: Transcript,
  persona: Persona = personaFixture(),
): TranscriptResult {
  const connection = new FakeConnection({ transport: transcript.transport, persona })
  const session = new FakeSession(emulator, emulator.options.parse(transcript.options), connection)
  let outputOffset = 0
  let infoOffset = 0
  const fail = (step: TranscriptStep, reason: string) =>
    new Error(`${transcript.name}:${step.line}: ${reason}`)

  const expectSilence = (step: TranscriptStep) => {
    const output = connection.output()
    if (output.length > outputOffset) {
      throw fail(step, `unexpected bytes before this step: ${showBytes(output.subarray(outputOffset))}`)
    }
  }

  for (const step of transcript.steps) {
    if (step.kind === "server") {
      const output = connection.output()
      if (!matchesAt(output, outputOffset, step.expected)) {
        throw fail(
          step,
          `expected ${showBytes(step.expected)}\n     got ${showBytes(output.subarray(outputOffset))}`,
        )
      }
      outputOffset += step.expected.length
      continue
    }
    if (step.kind === "info") {
      const recorded = connection.recorded[infoOffset++]
      assertSame(recorded, step.attributes, (reason) => fail(step, reason))
      continue
    }
    expectSilence(step)
    if (step.kind === "client") session.receive(step.bytes)
    else if (step.kind === "wait") session.advance(step.ms)
    else if (step.kind === "secured") session.secured()
    else if (step.kind === "end") session.close()
    else if (!connection.ended) throw fail(step, "the session is still open")
  }
  const last = transcript.steps.at(-1)
  if (last !== undefined) {
    expectSilence(last)
    const extra = connection.recorded.slice(infoOffset)
    if (extra.length > 0) throw fail(last, `unexpected INFO events: ${JSON.stringify(extra)}`)
    if (connection.ended && last.kind !== "closed" && last.kind !== "end") {
      throw fail(last, "the server ended the session, which the transcript does not say")
    }
  }
  return { attributeNames: connection.attributeNames }
}

export function assertSame(
  recorded: Readonly<Record<string, string | undefined>> | undefined,
  expected: Readonly<Record<string, string>>,
  fail: (reason: string) => Error,
): void {
  const sorted = (map: object | undefined) =>
    JSON.stringify(Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
  if (recorded === undefined || sorted(recorded) !== sorted(expected)) {
    throw fail(`expected INFO ${JSON.stringify(expected)}\n     got INFO ${JSON.stringify(recorded)}`)
  }
}

/**
 * Every transcript of every emulator against the sensor's own host: what the client saw is what was
 * recorded, byte for byte, and every fact is an INFO event of the same session.
 */
import { join } from "node:path"
import { concatBytes, defineEmulator, type Emulator, type SensorEvent } from "@propolis/core"
import { emulators } from "@propolis/emulators"
import {
  clientPieces,
  matchesAt,
  parseTranscript,
  personaFixture,
  readTranscripts,
  runTranscriptOverSocket,
  type Transcript,
  totalWaitMs,
  VirtualClock,
} from "@propolis/testkit/emulator"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { type HostTarget, openHostTarget, withClock } from "./host-target.ts"

/** Longer waits are those of a clock that is moved by hand. */
const maxRealWaitMs = 100

async function runOnHost(emulator: Emulator, transcript: Transcript, tls = false): Promise<SensorEvent[]> {
  let target: HostTarget | undefined
  const clock = totalWaitMs(transcript) > maxRealWaitMs ? new VirtualClock() : undefined
  const run = runTranscriptOverSocket(
    emulator,
    tls ? { ...transcript, steps: [{ kind: "secured", line: 0 }, ...transcript.steps] } : transcript,
    async (served, options, settings) => {
      const timed = clock === undefined ? served : withClock(served, clock)
      target = await openHostTarget(timed, options, { ...settings, tls })
      return clock === undefined ? target : { ...target, advance: (ms) => clock.advance(ms) }
    },
    personaFixture(),
  )
  await run
  return [...(await target!.journaled)]
}

/** The bytes of a kind of event, of all sessions in order. */
const payload = (events: readonly SensorEvent[], kind: "RX" | "TX") =>
  concatBytes(events.filter((event) => event.event === kind).map((event) => event.data))

function expectRecorded(transcript: Transcript, events: readonly SensorEvent[]): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index))
  expect(new Set(events.map((event) => event.session)).size).toBe(1)
  if (transcript.transport === "tcp") {
    expect(events[0]?.event).toBe("CONNECT")
    expect(events.at(-1)?.event).toBe("DISCONNECT")
  }
  expect(Buffer.compare(payload(events, "RX"), concatBytes(clientPieces(transcript)))).toBe(0)
  const expected = transcript.steps.flatMap((step) => (step.kind === "server" ? step.expected : []))
  const sent = payload(events, "TX")
  expect(sent.length).toBe(expected.length)
  expect(matchesAt(sent, 0, expected)).toBe(true)
  const facts = events.filter((event) => event.event === "INFO" && !("tlsVersion" in event.attributes))
  expect(facts.length).toBe(transcript.steps.filter((step) => step.kind === "info").length)
}

const folderOf = (emulator: Emulator) =>
  join(import.meta.dirname, "../../emulators/src", emulator.name, "transcripts")

for (const emulator of emulators) {
  const transcripts = readTranscripts(folderOf(emulator))
  describe.concurrent(`${emulator.name} on the host`, () => {
    it("has transcripts", () => expect(transcripts.length).toBeGreaterThanOrEqual(3))
    for (const transcript of transcripts) {
      it(transcript.name, async () => expectRecorded(transcript, await runOnHost(emulator, transcript)))
    }
  })
}

/** What a protocol with STARTTLS does, in few lines. */
const upgrading = defineEmulator({
  name: "upgrading",
  title: "STARTTLS",
  interaction: "low",
  transports: { tcp: 1 },
  options: z.strictObject({}),
  open(connection) {
    connection.send("ready\r\n")
    return {
      data(bytes) {
        connection.send(bytes)
        if (!connection.secure) connection.startTls()
      },
      secured: () => connection.record({ command: `secure ${connection.secure}` }),
    }
  },
})

describe.concurrent("TLS", () => {
  it("begins within a session (STARTTLS)", async () => {
    const transcript = parseTranscript(
      "starttls",
      '< ready\\r\\n\n> STLS\\r\\n\n< STLS\\r\\n\nsecured\n! command="secure true"\n> hello\\r\\n\n< hello\\r\\n\nend\n',
    )
    const events = await runOnHost(upgrading as Emulator, transcript)
    expectRecorded(transcript, events)
    expect(events.filter((event) => event.attributes.tlsVersion === "TLSv1.3")).toHaveLength(1)
  })

  const http = emulators.find((emulator) => emulator.name === "http")!
  // Errors and redirects name port and scheme, which are others over TLS; these have none.
  it.each(["idle-after-answer", "continue", "methods-options"])(
    "carries %s from the first byte",
    async (name) => {
      const transcript = readTranscripts(folderOf(http)).find((each) => each.name === name)!
      expectRecorded(transcript, await runOnHost(http, transcript, true))
    },
  )
})

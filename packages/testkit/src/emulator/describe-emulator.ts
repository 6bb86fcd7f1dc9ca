import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { concatBytes, type Emulator } from "@propolis/core"
import { describe, expect, it } from "vitest"
import {
  chunkBoundariesChangeNothing,
  itEndsAfterEnd,
  memoryIsBounded,
  noInputMakesItThrow,
  type OutputBound,
  outputIsBounded,
} from "./properties.ts"
import { runTranscript } from "./run-transcript.ts"
import { runTranscriptOverSocket } from "./run-transcript-over-socket.ts"
import { clientPieces, parseTranscript, type Transcript } from "./transcript.ts"

export interface EmulatorSuiteOptions {
  /** Folder of `*.txt`, at least three. */
  readonly transcriptDir: string
  /** Option sets to try the properties with; `[{}]` when left out. */
  readonly optionSets?: readonly unknown[]
  /** Tokens of the protocol for the arbitraries. */
  readonly tokens?: readonly string[]
  readonly output?: OutputBound
  readonly maxRetainedBytes?: number
}

/** Reads the transcripts of a folder, in the order of their names. */
export function readTranscripts(dir: string): Transcript[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(".txt"))
    .sort()
    .map((name) => parseTranscript(basename(name, ".txt"), readFileSync(join(dir, name), "utf8")))
}

/** What every emulator gets for free: its transcripts, bare and over a socket, and the five properties. */
export function describeEmulator(emulator: Emulator, suite: EmulatorSuiteOptions): void {
  const transcripts = readTranscripts(suite.transcriptDir)
  const runs = Number(process.env.PROPOLIS_FUZZ_RUNS ?? 60)
  const tokens = (suite.tokens ?? []).map((text) =>
    Uint8Array.from(text, (character) => character.charCodeAt(0)),
  )

  describe(`${emulator.name}: transcripts`, () => {
    it("has at least three", () => expect(transcripts.length).toBeGreaterThanOrEqual(3))
    for (const transcript of transcripts) {
      it(transcript.name, () => void runTranscript(emulator, transcript))
      if (transcript.steps.some((step) => step.kind === "secured")) continue
      it(`${transcript.name}, over a socket`, () => runTranscriptOverSocket(emulator, transcript))
    }
  })

  for (const transport of ["tcp", "udp"] as const) {
    if (emulator.transports[transport] === undefined && Object.keys(emulator.transports).length > 0) continue
    for (const options of suite.optionSets ?? [{}]) {
      const pieces = transcripts.filter((it) => it.transport === transport).map(clientPieces)
      const sessions = transport === "udp" ? pieces.flat() : pieces.map(concatBytes)
      const subject = {
        emulator,
        options: emulator.options.parse(options),
        transport,
        seeds: { sessions: sessions.filter((bytes) => bytes.length > 0), tokens },
        runs,
      }
      describe(`${emulator.name}: five properties over ${transport} with ${JSON.stringify(options)}`, () => {
        if (transport === "tcp")
          it("chunk boundaries change nothing", () => chunkBoundariesChangeNothing(subject))
        it("no input makes it throw", () => noInputMakesItThrow(subject))
        it("memory is bounded", () => memoryIsBounded(subject, suite.maxRetainedBytes ?? 300_000))
        it("output is bounded", () =>
          outputIsBounded(subject, suite.output ?? { baseBytes: 4_096, perByte: 8 }))
        it("it ends after end", () => itEndsAfterEnd(subject))
      })
    }
  }
}

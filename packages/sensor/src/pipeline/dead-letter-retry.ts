/**
 * Dead letters that are to be delivered again. Whoever wants it leaves a request beside them; only the sensor, which is the only
 * one that writes dead letters, moves them: at once where it runs, else at its next start. They are kept as `….retrying` while
 * they are delivered, so that a crash repeats them, and as `….retried` afterwards. What is refused again is a dead letter again.
 */
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { bytesFromText, textFromBytes } from "@propolis/core"
import { deadLetterPath } from "./dead-letters.ts"
import { countLines, fileLines } from "./file-lines.ts"

const eventMark = ',"event":'

/** Leaves the request. Resolves to the number of dead letters; nothing is left where there are none. */
export async function requestRetry(dataDir: string, name: string): Promise<number> {
  const path = deadLetterPath(dataDir, name)
  let letters = 0
  for (const part of [`${path}.old`, path]) letters += await countLines(part)
  if (letters === 0) return 0
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(`${path}.retry`, "", { mode: 0o600 })
  return letters
}

/** Whether a request is waiting that no sensor has taken yet. */
export async function retryIsRequested(dataDir: string, name: string): Promise<boolean> {
  return exists(`${deadLetterPath(dataDir, name)}.retry`)
}

export class DeadLetterRetry {
  readonly #path: string

  constructor(dataDir: string, name: string) {
    this.#path = deadLetterPath(dataDir, name)
  }

  /** Files of dead letters to deliver, the older first: those of a request, or of a retry that a crash ended. */
  async take(): Promise<string[]> {
    const parts = [`${this.#path}.old`, this.#path]
    const taken = parts.map((part) => `${part}.retrying`)
    if (await exists(`${this.#path}.retry`)) {
      for (const [i, part] of parts.entries()) {
        if (!(await exists(taken[i]!)) && (await exists(part))) await rename(part, taken[i]!)
      }
      await rm(`${this.#path}.retry`, { force: true })
    }
    const waiting: string[] = []
    for (const path of taken) if (await exists(path)) waiting.push(path)
    return waiting
  }

  /** They were delivered, or are dead letters again. */
  async done(path: string): Promise<void> {
    await rename(path, path.replace(/\.retrying$/, ".retried"))
  }
}

/** The events' lines of a file of dead letters, some at a time, as the journal would give them. */
export async function* readLetters(
  path: string,
  maxEvents: number,
  maxBytes: number,
): AsyncGenerator<{ readonly count: number; readonly ndjson: Uint8Array }> {
  let lines: string[] = []
  let characters = 0
  for await (const line of fileLines(path)) {
    const event = eventOf(textFromBytes(line))
    if (event === undefined) continue
    if (lines.length > 0 && (lines.length === maxEvents || characters + event.length > maxBytes)) {
      yield piece(lines)
      lines = []
      characters = 0
    }
    lines.push(event)
    characters += event.length + 1
  }
  if (lines.length > 0) yield piece(lines)
}

/** The event within a letter, byte for byte; `undefined` for a line that a crash cut. */
function eventOf(line: string): string | undefined {
  // A quotation mark within the reason is escaped: the first place of the mark is the event's.
  const at = line.indexOf(eventMark)
  if (at < 0 || !line.endsWith("}}")) return undefined
  return line.slice(at + eventMark.length, -1)
}

function piece(lines: readonly string[]) {
  return { count: lines.length, ndjson: bytesFromText(`${lines.join("\n")}\n`) }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

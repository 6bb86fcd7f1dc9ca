/** A cursor's durable place: a small JSON file of its own. */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Position } from "./types.ts"

export interface CursorState {
  readonly position: Position
  readonly lost: number
}

/** A file for every name: what is not a letter, digit or one of `-_.!~*'()` is written as `%XX`. @throws RangeError */
export function cursorPath(dir: string, name: string): string {
  const encoded = encodeURIComponent(name)
  if (name === "" || encoded.length > 200)
    throw new RangeError("expected a cursor's name of 1 to 200 characters")
  return join(dir, `${encoded}.json`)
}

export function encodeCursorState(state: CursorState): string {
  const { record, segment, offset } = state.position
  return `${JSON.stringify({ version: 1, record, segment, offset, lost: state.lost })}\n`
}

function decodeCursorState(text: string): CursorState | undefined {
  try {
    const parsed = JSON.parse(text) as Record<string, unknown> | null
    const { version, record, segment, offset, lost } = parsed ?? {}
    if (version !== 1 || !isCount(record) || !isCount(segment) || !isCount(offset) || !isCount(lost))
      return undefined
    return record > 0 ? { position: { record, segment, offset }, lost } : undefined
  } catch {
    return undefined
  }
}

function nameOf(file: string): string | undefined {
  try {
    return decodeURIComponent(file.slice(0, -5))
  } catch {
    return undefined
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** All cursors of a folder. A damaged file is reported; its cursor starts anew, for to read twice is better than never. */
export async function readCursorStates(
  dir: string,
  log: (message: string) => void,
): Promise<Map<string, CursorState>> {
  const states = new Map<string, CursorState>()
  for (const file of await readdir(dir)) {
    if (!file.endsWith(".json")) continue
    const name = nameOf(file)
    const state = decodeCursorState(await readFile(join(dir, file), "utf8"))
    if (state === undefined || name === undefined)
      log(`journal: the cursor file ${join(dir, file)} is damaged; it starts at the oldest record`)
    else states.set(name, state)
  }
  return states
}

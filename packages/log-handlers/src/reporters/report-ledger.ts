/** What was reported when: once per key and window, so many a day. Kept in a file, so that a restart reports nothing twice. */
import { readFile, rename, writeFile } from "node:fs/promises"
import { z } from "zod"

/** The oldest are forgotten beyond this. */
const maxKeys = 50_000

const fileSchema = z.object({
  day: z.string(),
  count: z.int().min(0),
  reported: z.record(z.string(), z.number()),
})

export interface LedgerOptions {
  readonly path: string
  readonly windowMs: number
  /** UTC days, as the services count them. */
  readonly maxPerDay: number
  /** Unix milliseconds. */
  readonly now: () => number
}

export class ReportLedger {
  readonly #options: LedgerOptions
  /** In order of time. */
  readonly #reported = new Map<string, number>()
  #day = ""
  #count = 0
  #changed = false

  private constructor(options: LedgerOptions) {
    this.#options = options
  }

  /** A file that is missing or damaged is a ledger without entries. */
  static async open(options: LedgerOptions): Promise<ReportLedger> {
    const ledger = new ReportLedger(options)
    const text = await readFile(options.path, "utf8").catch(() => "{}")
    const parsed = fileSchema.safeParse(parseJson(text))
    if (parsed.success) {
      ledger.#day = parsed.data.day
      ledger.#count = parsed.data.count
      const entries = Object.entries(parsed.data.reported).sort(([, a], [, b]) => a - b)
      for (const [key, time] of entries) ledger.#reported.set(key, time)
    }
    return ledger
  }

  /** `known` within the window, `full` where the day's limit is reached. */
  state(key: string): "new" | "known" | "full" {
    const now = this.#options.now()
    const time = this.#reported.get(key)
    if (time !== undefined && now - time < this.#options.windowMs) return "known"
    const today = dayOf(now)
    if (today !== this.#day) {
      this.#day = today
      this.#count = 0
    }
    return this.#count >= this.#options.maxPerDay ? "full" : "new"
  }

  /** Call `save` afterwards. */
  note(key: string): void {
    const now = this.#options.now()
    this.#reported.delete(key)
    this.#reported.set(key, now)
    this.#count++
    this.#changed = true
    for (const [oldest, time] of this.#reported) {
      if (this.#reported.size <= maxKeys && now - time < this.#options.windowMs) break
      this.#reported.delete(oldest)
    }
  }

  async save(): Promise<void> {
    if (!this.#changed) return
    this.#changed = false
    const { path } = this.#options
    const reported = Object.fromEntries(this.#reported)
    await writeFile(`${path}.tmp`, JSON.stringify({ day: this.#day, count: this.#count, reported }), {
      mode: 0o600,
      flush: true,
    })
    await rename(`${path}.tmp`, path)
  }
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

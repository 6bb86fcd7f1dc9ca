import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { openJournal } from "./index.ts"
import { range, readAll, withFolder } from "./journal-fixture.ts"

const writer = join(import.meta.dirname, "crash-writer.fixture.ts")

describe("kill -9", () => {
  it("keeps everything up to the last append that returned, over several lives", { timeout: 60_000 }, () =>
    withFolder(async (dir) => {
      let told = 0
      for (let life = 0; life < 5; life++) {
        const child = spawn(process.execPath, [writer, dir], { stdio: ["ignore", "pipe", "inherit"] })
        let text = ""
        child.stdout.on("data", (chunk: Buffer) => {
          text = (text + chunk.toString("latin1")).slice(-64)
        })
        await once(child.stdout, "data")
        await sleep(30 + life * 41)
        child.kill("SIGKILL")
        // Only when its output has ended is the last number known.
        await once(child, "close")
        const lines = text.split("\n")
        told = Number(lines.at(-2))
        const journal = await openJournal({ dir })
        expect(journal.end.record - 1).toBeGreaterThanOrEqual(told)
        const last = journal.end.record - 1
        const all = await journal.cursor(`check-${life}`)
        expect(await readAll(all)).toEqual(range(1, last))
        const reader = await journal.cursor("reader")
        const from = reader.committed.record
        expect(await readAll(reader)).toEqual(range(from, last + 1 - from))
        expect(journal.stats().damaged).toBe(0)
        await journal.close()
      }
      expect(told).toBeGreaterThan(0)
    }),
  )
})

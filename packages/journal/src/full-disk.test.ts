import { execFileSync, spawnSync } from "node:child_process"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { openJournal } from "./index.ts"
import { appendNumbered, range, readAll, withFolder } from "./journal-fixture.ts"

const mebibyte = 1024 * 1024

/** Runs with a file system of its own of 1 MiB; where that cannot be mounted the test is skipped loudly. */
async function withSmallDisk(
  skip: (note: string) => void,
  run: (dir: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (dir) => {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", dir], { stdio: "pipe" })
    } catch {
      console.warn(
        "SKIPPED: a full file system (needs root and mount(8)); the limit of file size is tested instead",
      )
      skip("cannot mount a tmpfs")
      return
    }
    try {
      await run(dir)
    } finally {
      execFileSync("umount", [dir])
    }
  })
}

describe("a full disk", () => {
  it("throws JOURNAL_FULL, counts, keeps what was written, and recovers by itself", ({ skip }) =>
    withSmallDisk(skip, async (dir) => {
      const messages: string[] = []
      const journal = await openJournal({
        dir,
        segmentBytes: mebibyte / 8,
        log: (message) => messages.push(message),
      })
      const ballast = join(dir, "ballast")
      await writeFile(ballast, Buffer.alloc(mebibyte / 2))
      let n = 0
      const fill = () => {
        for (;;) {
          appendNumbered(journal, n + 1, 10, 1_000)
          n += 10
        }
      }
      expect(fill).toThrow(expect.objectContaining({ code: "JOURNAL_FULL" }))
      expect(fill).toThrow(expect.objectContaining({ code: "JOURNAL_FULL" }))
      expect(journal.stats().unwritten).toBeGreaterThanOrEqual(20)
      await expect(journal.appendDurable(Buffer.alloc(20_000, 0x0a), 7)).rejects.toMatchObject({
        code: "JOURNAL_FULL",
      })
      expect(messages.filter((message) => message.includes("cannot write")).length).toBe(1)
      await rm(ballast)
      for (let i = 0; i < 10; i++) appendNumbered(journal, ++n, 1)
      expect(messages.some((message) => message.includes("writing again"))).toBe(true)
      expect(await readAll(await journal.cursor("a"))).toEqual(range(1, n))
      await journal.close()
      const again = await openJournal({ dir })
      expect(again.end.record).toBe(n + 1)
      await again.close()
    }))

  it("of nothing but what every cursor has read is freed, so that writing goes on", ({ skip }) =>
    withSmallDisk(skip, async (dir) => {
      const journal = await openJournal({ dir, segmentBytes: mebibyte / 8 })
      const cursor = await journal.cursor("a")
      for (let n = 1; n <= 3_000; n++) {
        appendNumbered(journal, n, 1, 1_000)
        if (n % 50 === 0) {
          expect(await readAll(cursor)).toEqual(range(n - 49, 50))
          await cursor.commit(cursor.position)
        }
      }
      expect(journal.stats()).toMatchObject({ unwritten: 0, lost: { a: 0 } })
      await journal.close()
    }))

  it("by a limit of file size (EFBIG) keeps whole blocks only", () =>
    withFolder(async (dir) => {
      const script = join(import.meta.dirname, "full-disk.fixture.ts")
      // ulimit counts in blocks of 512 bytes (POSIX ulimit); 101 KiB is no multiple of a block of records.
      const result = spawnSync(
        "sh",
        ["-c", 'ulimit -f 202 && exec "$0" "$1" "$2"', process.execPath, script, dir],
        {
          encoding: "utf8",
        },
      )
      expect(result.stderr).toBe("")
      const told = JSON.parse(result.stdout) as Record<string, unknown>
      expect(told).toMatchObject({ code: "JOURNAL_FULL", unwritten: 10, whole: true })
      expect(told.written).toBeGreaterThan(100)
    }))
})

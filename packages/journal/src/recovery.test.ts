import {
  appendFile,
  copyFile,
  cp,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { encodeSegmentHeader, segmentFileName } from "./block.ts"
import { openJournal } from "./index.ts"
import { appendNumbered, range, readAll, withFolder } from "./journal-fixture.ts"

async function segmentPaths(dir: string): Promise<string[]> {
  return (await readdir(dir))
    .filter((name) => name.endsWith(".seg"))
    .sort()
    .map((name) => join(dir, name))
}

async function flipByte(path: string, offset: number): Promise<void> {
  const file = await open(path, "r+")
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, offset)
  byte[0]! ^= 0x55
  await file.write(byte, 0, 1, offset)
  await file.close()
}

describe("a torn tail", () => {
  it("is cut at every byte of the last block, and writing goes on behind the last whole one", () =>
    withFolder(async (dir) => {
      const original = join(dir, "original")
      await mkdir(original)
      const journal = await openJournal({ dir: original })
      appendNumbered(journal, 1, 3)
      const whole = journal.end.offset
      appendNumbered(journal, 4, 2)
      const end = journal.end.offset
      await journal.close()
      for (let size = whole; size <= end; size++) {
        const copy = join(dir, `at-${size}`)
        await cp(original, copy, { recursive: true })
        await truncate(join(copy, segmentFileName(1)), size)
        const messages: string[] = []
        const again = await openJournal({ dir: copy, log: (message) => messages.push(message) })
        const kept = size === end ? 5 : 3
        expect(again.end.record).toBe(kept + 1)
        expect(messages.length).toBe(size === end || size === whole ? 0 : 1)
        appendNumbered(again, kept + 1, 1)
        expect(await readAll(await again.cursor("a"))).toEqual(range(1, kept + 1))
        await again.close()
      }
    }))

  it("is cut where any byte of the last block is wrong", () =>
    withFolder(async (dir) => {
      const original = join(dir, "original")
      await mkdir(original)
      const journal = await openJournal({ dir: original })
      appendNumbered(journal, 1, 1)
      const whole = journal.end.offset
      appendNumbered(journal, 2, 1)
      const end = journal.end.offset
      await journal.close()
      for (let offset = whole; offset < end; offset++) {
        const copy = join(dir, `at-${offset}`)
        await cp(original, copy, { recursive: true })
        await flipByte(join(copy, segmentFileName(1)), offset)
        const again = await openJournal({ dir: copy })
        expect(again.end.record).toBe(2)
        expect(await readAll(await again.cursor("a"))).toEqual([1])
        await again.close()
      }
    }))

  it("of garbage and of nothing but a part of the segment's header is cut", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      appendNumbered(journal, 1, 2)
      await journal.close()
      await appendFile(join(dir, segmentFileName(1)), Buffer.alloc(5_000, 0xff))
      await writeFile(join(dir, segmentFileName(3)), encodeSegmentHeader(3).subarray(0, 9))
      const again = await openJournal({ dir })
      expect(again.end.record).toBe(3)
      appendNumbered(again, 3, 1)
      expect(await readAll(await again.cursor("a"))).toEqual([1, 2, 3])
      await again.close()
      const third = await openJournal({ dir })
      expect(third.end.record).toBe(4)
      await third.close()
    }))

  it("that a cursor had read is not given to new records", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      appendNumbered(journal, 1, 3)
      const whole = journal.end.offset
      appendNumbered(journal, 4, 3)
      const cursor = await journal.cursor("a")
      await readAll(cursor)
      await cursor.commit(cursor.position)
      await journal.close()
      await truncate(join(dir, segmentFileName(1)), whole + 7)
      const again = await openJournal({ dir })
      expect(again.end.record).toBe(7)
      appendNumbered(again, 7, 2)
      expect(await readAll(await again.cursor("a"))).toEqual([7, 8])
      expect(await readAll(await again.cursor("b"))).toEqual([1, 2, 3, 7, 8])
      expect(again.stats().damaged).toBe(3)
      await again.close()
    }))
})

describe("damage before the tail", () => {
  it.each(["the newest segment", "an older segment"])("in %s is skipped, counted and reported", (where) =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir, segmentBytes: 3_000 })
      const offsets: number[] = []
      for (let n = 1; n <= 20; n++) {
        offsets.push(journal.end.offset)
        appendNumbered(journal, n, 1, 20)
      }
      if (where === "an older segment") for (let n = 21; n <= 200; n++) appendNumbered(journal, n, 1, 20)
      const count = journal.end.record - 1
      await journal.close()
      await flipByte(join(dir, segmentFileName(1)), offsets[6]! + 30)
      await flipByte(join(dir, segmentFileName(1)), offsets[7]! + 5)
      const messages: string[] = []
      const again = await openJournal({ dir, segmentBytes: 3_000, log: (message) => messages.push(message) })
      for (const name of ["a", "b"]) {
        const cursor = await again.cursor(name)
        expect(await readAll(cursor)).toEqual([...range(1, 6), ...range(9, count - 8)])
      }
      expect(again.stats().damaged).toBe(2)
      expect(messages.filter((message) => message.includes("2 records are missing")).length).toBeGreaterThan(
        0,
      )
      appendNumbered(again, count + 1, 1)
      expect(await readAll(await again.cursor("a"))).toEqual([count + 1])
      await again.close()
    }),
  )

  it("over the rest of an older segment, a cut or a missing one: goes on with the next", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir, segmentBytes: 1_000 })
      for (let n = 1; n <= 100; n++) appendNumbered(journal, n, 1, 20)
      await journal.close()
      const paths = await segmentPaths(dir)
      const first = paths.map((path) => Number(path.slice(-24, -4)))
      const bytes = await readFile(paths[1]!)
      bytes.fill(0, 40)
      await writeFile(paths[1]!, bytes)
      await truncate(paths[3]!, 32)
      await rm(paths[5]!)
      const again = await openJournal({ dir, segmentBytes: 1_000 })
      const gone = new Set([1, 3, 5].flatMap((i) => range(first[i]!, first[i + 1]! - first[i]!)))
      const left = range(1, 100).filter((n) => !gone.has(n))
      expect(await readAll(await again.cursor("a"))).toEqual(left)
      expect(again.stats().damaged).toBe(gone.size)
      await again.close()
    }))

  it("in a segment's header is reported and lived with; a later version is refused", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      appendNumbered(journal, 1, 2)
      await journal.close()
      const path = join(dir, segmentFileName(1))
      await copyFile(path, join(dir, "kept"))
      await flipByte(path, 3)
      const messages: string[] = []
      const again = await openJournal({ dir, log: (message) => messages.push(message) })
      expect(await readAll(await again.cursor("a"))).toEqual([1, 2])
      expect(messages.join()).toContain("header")
      await again.close()

      await copyFile(join(dir, "kept"), path)
      const { crc32 } = await import("node:zlib")
      const bytes = await readFile(path)
      bytes.writeUInt32LE(2, 8)
      bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28)
      await writeFile(path, bytes)
      await expect(openJournal({ dir })).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" })
    }))
})

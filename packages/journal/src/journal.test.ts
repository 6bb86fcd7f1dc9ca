import { readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { openJournal } from "./index.ts"
import { appendNumbered, lineOf, range, readAll, withFolder } from "./journal-fixture.ts"

describe("append and read", () => {
  it("returns the place of the first record and reads whole blocks back in order", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      expect(journal.append(Buffer.from(lineOf(1) + lineOf(2)), 2).record).toBe(1)
      expect(journal.append(Buffer.from(lineOf(3)), 1).record).toBe(3)
      expect(journal.end.record).toBe(4)
      const cursor = await journal.cursor("a")
      expect(cursor.lag()).toBe(3)
      const first = await cursor.read({ maxRecords: 1, maxBytes: 1_000 })
      expect(first).toMatchObject({ count: 2, start: { record: 1 }, end: { record: 3 } })
      expect(await readAll(cursor)).toEqual([3])
      expect(await cursor.read({ maxRecords: 1, maxBytes: 1_000 })).toBeUndefined()
      await journal.close()
    }))

  it("reads blocks larger than every buffer, and stops before the block that exceeds maxBytes", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      appendNumbered(journal, 1, 3, 700_000)
      appendNumbered(journal, 4, 1)
      appendNumbered(journal, 5, 1, 900_000)
      appendNumbered(journal, 6, 1)
      const cursor = await journal.cursor("a")
      const first = await cursor.read({ maxRecords: 100, maxBytes: 100 })
      expect(first?.count).toBe(3)
      const second = await cursor.read({ maxRecords: 100, maxBytes: 500_000 })
      expect(second?.count).toBe(1)
      expect(await readAll(cursor, 100, 10_000_000)).toEqual([5, 6])
      await journal.close()
    }))

  it.each([
    ["no newline at the end", "{}", 1],
    ["nothing", "", 1],
    ["a count of zero", "{}\n", 0],
  ])("refuses %s", (_, text, count) =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      expect(() => journal.append(Buffer.from(text), count)).toThrow(RangeError)
      expect(journal.end.record).toBe(1)
      await journal.close()
    }),
  )

  it("keeps earlier slices alone when a fresh buffer is asked for", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      for (let n = 1; n <= 200; n++) appendNumbered(journal, n, 1, 3_000)
      const cursor = await journal.cursor("a")
      const slices = []
      for (let i = 0; i < 200; i++) {
        const slice = (await cursor.read({ maxRecords: 1, maxBytes: 1_000, fresh: true }))!
        slices.push({ slice, copy: Buffer.from(slice.ndjson) })
      }
      for (const { slice, copy } of slices) expect(Buffer.from(slice.ndjson).equals(copy)).toBe(true)
      await journal.close()
    }))
})

describe("waiting", () => {
  it("wakes when as many records are there as were asked for", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      const cursor = await journal.cursor("a")
      const woken: string[] = []
      const one = cursor.wait().then(() => woken.push("one"))
      const three = cursor.wait(undefined, 3).then(() => woken.push("three"))
      appendNumbered(journal, 1, 2)
      await one
      expect(woken).toEqual(["one"])
      appendNumbered(journal, 3, 1)
      await three
      expect(woken).toEqual(["one", "three"])
      await journal.close()
    }))

  it("ends on abort, and rejects when the journal closes", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      const cursor = await journal.cursor("a")
      const stop = new AbortController()
      const aborted = cursor.wait(stop.signal)
      stop.abort()
      await aborted
      const waiting = cursor.wait()
      const closed = expect(waiting).rejects.toThrow("closed")
      await journal.close()
      await closed
      expect(() => journal.append(Buffer.from("{}\n"), 1)).toThrow("closed")
    }))
})

describe("cursors", () => {
  it("start after a restart where they committed, each on its own", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      for (let n = 1; n <= 40; n++) appendNumbered(journal, n, 1)
      const names = Array.from({ length: 20 }, (_, i) => `handler/${i}: ü`)
      for (const [i, name] of names.entries()) {
        const cursor = await journal.cursor(name)
        for (let n = 0; n < i; n++) await cursor.read({ maxRecords: 1, maxBytes: 1 })
        if (i % 2 === 0) await cursor.commit(cursor.position)
      }
      await journal.close()
      const again = await openJournal({ dir })
      for (const [i, name] of names.entries()) {
        const cursor = await again.cursor(name)
        const read = i % 2 === 0 ? i : 0
        expect(cursor.committed.record).toBe(read + 1)
        expect(await readAll(cursor)).toEqual(range(read + 1, 40 - read))
      }
      await again.close()
    }))

  it("start at the end when asked to, and remember that over a restart", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      appendNumbered(journal, 1, 3)
      await journal.cursor("late", "end")
      appendNumbered(journal, 4, 2)
      await journal.close()
      const again = await openJournal({ dir })
      expect(await readAll(await again.cursor("late"))).toEqual([4, 5])
      await again.close()
    }))

  it("rewind to what was committed; concurrent commits end at the last one", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      for (let n = 1; n <= 30; n++) appendNumbered(journal, n, 1)
      const cursor = await journal.cursor("a")
      const commits: Promise<void>[] = []
      for (let n = 0; n < 10; n++) {
        await cursor.read({ maxRecords: 1, maxBytes: 1 })
        commits.push(cursor.commit(cursor.position))
      }
      await Promise.all(commits)
      expect(cursor.committed.record).toBe(11)
      await readAll(cursor)
      cursor.rewind()
      expect(await readAll(cursor)).toEqual(range(11, 20))
      await journal.close()
    }))

  it("are forgotten when removed", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      appendNumbered(journal, 1, 2)
      const cursor = await journal.cursor("a")
      await readAll(cursor)
      await cursor.commit(cursor.position)
      await journal.removeCursor("a")
      expect(await readAll(await journal.cursor("a"))).toEqual([1, 2])
      await journal.close()
    }))

  it("with a damaged file start at the oldest record, and say so", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      appendNumbered(journal, 1, 2)
      const cursor = await journal.cursor("a")
      await readAll(cursor)
      await cursor.commit(cursor.position)
      await journal.close()
      await writeFile(join(dir, "cursors", "a.json"), '{"version":1,"rec')
      const messages: string[] = []
      const again = await openJournal({ dir, log: (message) => messages.push(message) })
      expect(await readAll(await again.cursor("a"))).toEqual([1, 2])
      expect(messages.join()).toContain("a.json is damaged")
      await again.close()
    }))
})

describe("the byte budget", () => {
  const budget = { segmentBytes: 2_000, maxBytes: 10_000 }

  it("reclaims the oldest segments and counts what a cursor had not read", () =>
    withFolder(async (dir) => {
      const messages: string[] = []
      const journal = await openJournal({ dir, ...budget, log: (message) => messages.push(message) })
      const slow = await journal.cursor("slow")
      const quick = await journal.cursor("quick")
      const seen: number[] = []
      for (let n = 1; n <= 500; n++) {
        appendNumbered(journal, n, 1, 60)
        if (n % 20 === 0) seen.push(...(await readAll(quick)))
        expect(journal.stats().bytes).toBeLessThanOrEqual(10_000)
      }
      expect(seen).toEqual(range(1, 500))
      expect(quick.lost).toBe(0)
      const rest = await readAll(slow)
      expect(slow.lost).toBeGreaterThan(0)
      expect(rest).toEqual(range(slow.lost + 1, 500 - slow.lost))
      expect(journal.stats().lost).toEqual({ slow: slow.lost, quick: 0 })
      expect(messages.some((message) => message.includes('before "slow" had read them'))).toBe(true)
      await slow.commit(slow.position)
      const lost = slow.lost
      await journal.close()
      const again = await openJournal({ dir, ...budget })
      expect((await again.cursor("slow")).lost).toBe(lost)
      await again.close()
    }))

  it("counts what was reclaimed while the program was down only once", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir, ...budget })
      for (let n = 1; n <= 60; n++) appendNumbered(journal, n, 1, 60)
      await journal.cursor("a")
      const files = (await readdir(dir)).filter((name) => name.endsWith(".seg")).sort()
      await journal.close()
      await rm(join(dir, files[0]!))
      const second = Number(files[1]!.slice(0, 20))
      for (let opening = 0; opening < 2; opening++) {
        const again = await openJournal({ dir, ...budget })
        const cursor = await again.cursor("a")
        expect(cursor.lost).toBe(second - 1)
        expect(await readAll(cursor)).toEqual(range(second, 61 - second))
        cursor.rewind()
        expect(cursor.lost).toBe(second - 1)
        await again.close()
      }
    }))

  it("gives back what every cursor has read beyond keepReadBytes", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({
        dir,
        segmentBytes: 2_000,
        maxBytes: 1_000_000,
        keepReadBytes: 5_000,
      })
      const a = await journal.cursor("a")
      const b = await journal.cursor("b")
      for (let n = 1; n <= 300; n++) appendNumbered(journal, n, 1, 60)
      const all = journal.stats().segments
      await readAll(a)
      await a.commit(a.position)
      expect(journal.stats().segments).toBe(all)
      await readAll(b)
      await b.commit(b.position)
      expect(journal.stats().segments).toBeLessThan(6)
      expect(journal.stats().lost).toEqual({ a: 0, b: 0 })
      await journal.close()
    }))

  it("takes a block larger than the whole budget, alone", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir, ...budget })
      for (let n = 1; n <= 50; n++) appendNumbered(journal, n, 1, 60)
      appendNumbered(journal, 51, 1, 50_000)
      appendNumbered(journal, 52, 1)
      const cursor = await journal.cursor("a")
      expect((await readAll(cursor)).at(-1)).toBe(52)
      await journal.close()
    }))
})

describe("durability", () => {
  it("appendDurable resolves to the first record's ordinal, for many callers at once", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir, segmentBytes: 4_000 })
      const firsts = await Promise.all(
        range(0, 100).map((i) =>
          journal.appendDurable(Buffer.from(lineOf(i * 2 + 1) + lineOf(i * 2 + 2)), 2),
        ),
      )
      expect(firsts).toEqual(range(0, 100).map((i) => i * 2 + 1))
      expect(await readAll(await journal.cursor("a"))).toEqual(range(1, 200))
      await journal.close()
    }))

  it("with durableReads shows nothing before it was synced", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir, durableReads: true, segmentBytes: 1_000 })
      const cursor = await journal.cursor("a")
      appendNumbered(journal, 1, 5)
      expect(await cursor.read({ maxRecords: 10, maxBytes: 1_000 })).toBeUndefined()
      expect(cursor.lag()).toBe(0)
      const waiting = cursor.wait()
      for (let n = 6; n < 60; n++) appendNumbered(journal, n, 1, 50)
      await journal.appendDurable(Buffer.from(lineOf(60)), 1)
      await waiting
      expect(await readAll(cursor)).toEqual(range(1, 60))
      await journal.close()
    }))

  it("close is idempotent", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      await Promise.all([journal.close(), journal.close()])
      await journal.close()
    }))
})

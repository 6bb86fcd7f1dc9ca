import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { openJournal } from "./index.ts"
import { withFolder } from "./journal-fixture.ts"

const holder = join(import.meta.dirname, "crash-writer.fixture.ts")

describe("the lock", () => {
  it("refuses a second opening in the same process, and is free after close", () =>
    withFolder(async (dir) => {
      const journal = await openJournal({ dir })
      await expect(openJournal({ dir })).rejects.toMatchObject({ code: "DATA_LOCKED" })
      await journal.close()
      await (await openJournal({ dir })).close()
      expect((await readdir(dir)).filter((name) => name.startsWith("lock"))).toEqual([])
    }))

  it("refuses while another process has it, and is taken over when that was killed", () =>
    withFolder(async (dir) => {
      const child = spawn(process.execPath, [holder, dir], { stdio: ["ignore", "pipe", "inherit"] })
      await once(child.stdout, "data")
      await expect(openJournal({ dir })).rejects.toMatchObject({ code: "DATA_LOCKED" })
      child.kill("SIGKILL")
      await once(child, "exit")
      await (await openJournal({ dir })).close()
    }))

  it.each([
    ["of a reused process id", JSON.stringify({ pid: process.pid, started: "another boot:1", nonce: "x" })],
    ["that is not readable", '{"pid":'],
    ["without a process", JSON.stringify({ pid: -1 })],
  ])("%s is taken over", (_, text) =>
    withFolder(async (dir) => {
      await writeFile(join(dir, "lock"), text)
      const journal = await openJournal({ dir })
      expect(JSON.parse(await readFile(join(dir, "lock"), "utf8"))).toMatchObject({ pid: process.pid })
      await journal.close()
    }),
  )

  it("is had by one of many who start at once over a stale one", () =>
    withFolder(async (dir) => {
      await writeFile(join(dir, "lock"), "stale")
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => openJournal({ dir })))
      const opened = results.filter((result) => result.status === "fulfilled")
      expect(opened.length).toBe(1)
      await opened[0]!.value.close()
    }))
})

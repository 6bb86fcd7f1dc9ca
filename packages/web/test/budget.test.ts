import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { afterAll, beforeAll, expect, test } from "vitest"
import { buildPages } from "./build-pages.ts"

const maxFirstLoadBytes = 300_000
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-pages-"))
  await buildPages(dir)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const scriptPattern = /["'(]\.{0,2}\/?(?:assets\/)?([\w.-]+\.js)["')]/g

/** A script and everything that it imports at once; what it imports by `import(…)` comes later and is left out. */
async function reach(file: string, seen: Set<string>): Promise<void> {
  if (seen.has(file)) return
  seen.add(file)
  const code = await readFile(join(dir, "assets", file), "utf8")
  for (const match of code.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g))
    await reach(match[1]!, seen)
}

async function transferBytes(files: Iterable<string>, suffix: ".gz" | ".br"): Promise<number> {
  let total = 0
  for (const file of files) {
    const path = join(dir, "assets", file)
    // What is too small to be compressed goes as it is.
    total += (await stat(path + suffix).catch(() => stat(path))).size
  }
  return total
}

async function firstScripts(): Promise<Set<string>> {
  const html = await readFile(join(dir, "index.html"), "utf8")
  const named = [...html.matchAll(scriptPattern)]
    .map((match) => match[1]!)
    .filter((name) => name !== "color-scheme.js")
  const seen = new Set<string>()
  for (const name of named) await reach(name, seen)
  return seen
}

test("the first load takes at most 300 kB of JavaScript by gzip; charts come after it", async () => {
  const first = await firstScripts()
  expect(first.size).toBeGreaterThan(1)
  expect(await transferBytes(first, ".gz")).toBeLessThanOrEqual(maxFirstLoadBytes)
})

test("Home with its chart takes at most 300 kB of JavaScript as the hub sends it to a browser (Brotli)", async () => {
  const home = await firstScripts()
  const before = home.size
  const engines = (await readdir(join(dir, "assets"))).filter((name) => /^echarts-activity.*\.js$/.test(name))
  expect(engines).toHaveLength(1)
  for (const name of engines) await reach(name, home)
  expect(home.size).toBeGreaterThan(before)
  expect(await transferBytes(home, ".br")).toBeLessThanOrEqual(maxFirstLoadBytes)
})

test("charts are not part of the entry, they are loaded when one is shown", async () => {
  const first = await firstScripts()
  expect([...first].filter((name) => name.includes("echarts"))).toEqual([])
})

test("compressed copies stand beside the files and hold the same bytes", async () => {
  const names = await readdir(join(dir, "assets"))
  const scripts = names.filter((name) => name.endsWith(".js"))
  for (const name of scripts) {
    const source = await readFile(join(dir, "assets", name))
    if (source.length < 1_024) continue
    expect(gunzipSync(await readFile(join(dir, "assets", `${name}.gz`)))).toSatisfy((copy: Buffer) =>
      copy.equals(source),
    )
    expect(brotliDecompressSync(await readFile(join(dir, "assets", `${name}.br`)))).toSatisfy(
      (copy: Buffer) => copy.equals(source),
    )
  }
})

test("the page has no inline script and no inline event handler: the hub's policy would refuse them", async () => {
  const html = await readFile(join(dir, "index.html"), "utf8")
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/)
  expect(html).not.toMatch(/\son\w+=/)
})

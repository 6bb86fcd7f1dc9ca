import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { beforeAll, expect, test } from "vitest"
import { builtPages } from "./build-pages.ts"

const maxFirstLoadBytes = 300_000
let dir: string

beforeAll(async () => {
  dir = await builtPages()
})

const scriptPattern = /["'(]\.{0,2}\/?(?:assets\/)?([\w.-]+\.js)["')]/g

/** A script and everything that it imports at once; what it imports by `import(…)` comes later and is left out. */
async function reach(file: string, seen: Set<string>): Promise<void> {
  if (seen.has(file)) return
  seen.add(file)
  const code = await readFile(join(dir, "assets", file), "utf8")
  for (const match of code.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g))
    await reach(match[1]!, seen)
}

async function gzippedBytes(files: Iterable<string>): Promise<number> {
  let total = 0
  for (const file of files) {
    const path = join(dir, "assets", file)
    // What is too small to be compressed goes as it is.
    total += (await stat(`${path}.gz`).catch(() => stat(path))).size
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

// Whether a browser really asks for no more than this on Home is tested in `states.test.ts`.
test("the first load, Home and its chart included, takes at most 300 kB of JavaScript by gzip", async () => {
  const first = await firstScripts()
  expect(first.size).toBeGreaterThan(1)
  expect(await gzippedBytes(first)).toBeLessThanOrEqual(maxFirstLoadBytes)
})

test("the chart library is not part of it, it is loaded with the first ranking", async () => {
  const first = await firstScripts()
  const engines = (await readdir(join(dir, "assets"))).filter((name) => /^echarts-parts.*\.js$/.test(name))
  expect(engines).toHaveLength(1)
  const rankings = new Set<string>()
  await reach(engines[0]!, rankings)
  const shared = [...rankings].filter((name) => first.has(name))
  // What both need is the bundler's own runtime, nothing of the library.
  expect(await gzippedBytes(shared)).toBeLessThan(2_000)
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

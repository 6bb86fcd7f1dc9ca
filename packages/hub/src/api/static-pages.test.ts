import { mkdir, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { afterEach, beforeEach, expect, test } from "vitest"
import { startTestServer, type TestServer } from "../test-server.ts"

let hub: TestServer
const index = `<!doctype html>${"x".repeat(2_000)}`
const html = { accept: "text/html" }
const get = (url: string, headers: Record<string, string> = {}) => hub.server.inject({ url, headers })

async function build(): Promise<void> {
  const dir = join(hub.dir, "pages")
  await mkdir(join(dir, "assets"), { recursive: true })
  await writeFile(join(dir, "assets", "index-Abc12345.js"), "let a=1;".repeat(500))
  await writeFile(join(dir, "assets", "index-Abc12345.js.gz"), "made beforehand")
  await writeFile(join(dir, "favicon.svg"), "<svg/>")
  await writeFile(join(dir, "index.html"), index)
}

beforeEach(async () => {
  hub = await startTestServer()
})
afterEach(() => hub.close())

test("without built pages, a plain page says what to do", async () => {
  const answer = await get("/", html)
  expect(answer.statusCode).toBe(503)
  expect(answer.body).toContain("npm start")
})

test("every address of the pages is the one page, a missing file is not", async () => {
  await build()
  for (const url of ["/", "/hosts/198.51.100.7", "/services/DNS.udp", "/hosts?x=1"])
    expect((await get(url, html)).body).toBe(index)
  expect((await get("/assets/missing-12345678.js", html)).statusCode).toBe(404)
  expect((await get("/hosts/198.51.100.7", { accept: "application/json" })).json()).toEqual({
    status: "Not found",
  })
  expect((await get("/api/nothing", html)).statusCode).toBe(404)
})

test.each([
  "/../accounts.sqlite",
  "/..%2fadmin-token",
  "/assets/..%2f..%2fadmin-token",
  "//etc/passwd",
  "/%2e%2e/admin-token",
])("%s leads nowhere", async (url) => {
  await build()
  const answer = await get(url)
  expect(answer.statusCode).toBe(404)
  expect(answer.body).not.toContain(hub.adminToken)
})

test("hashed files are kept for good, the page is asked for again", async () => {
  await build()
  expect((await get("/assets/index-Abc12345.js")).headers["cache-control"]).toContain("immutable")
  const page = await get("/", html)
  expect(page.headers["cache-control"]).toBe("no-cache")
  const again = await get("/", { ...html, "if-none-match": String(page.headers.etag) })
  expect([again.statusCode, again.body]).toEqual([304, ""])
})

test("files are compressed as the client likes, with what was made beforehand", async () => {
  await build()
  const script = "let a=1;".repeat(500)
  const brotli = await get("/assets/index-Abc12345.js", { "accept-encoding": "gzip, br" })
  expect(brotli.headers["content-encoding"]).toBe("br")
  expect(brotliDecompressSync(brotli.rawPayload).toString()).toBe(script)
  const gzip = await get("/assets/index-Abc12345.js", { "accept-encoding": "gzip, br;q=0" })
  expect(gzip.body).toBe("made beforehand")
  expect(gunzipSync((await get("/", { "accept-encoding": "gzip" })).rawPayload).toString()).toBe(index)
  expect((await get("/favicon.svg", { "accept-encoding": "br" })).body).toBe("<svg/>")
  expect((await get("/assets/index-Abc12345.js.gz")).statusCode).toBe(404)
  expect((await get("/")).headers["content-encoding"]).toBeUndefined()
})

test("HEAD has the headers and nothing else", async () => {
  await build()
  const answer = await hub.server.inject({ method: "HEAD", url: "/", headers: html })
  expect([answer.statusCode, answer.body]).toEqual([200, ""])
})

test("pages built again are noticed", async () => {
  await build()
  expect((await get("/", html)).body).toBe(index)
  const file = join(hub.dir, "pages", "index.html")
  await writeFile(file, "new")
  await utimes(file, 1, 1)
  await expect.poll(async () => (await get("/", html)).body, { timeout: 5_000 }).toBe("new")
})

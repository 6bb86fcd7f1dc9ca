/**
 * The built pages, from memory: only what was found in the folder at the time of reading can be
 * asked for, so no request is ever turned into a path.
 */
import { createHash } from "node:crypto"
import { readdir, readFile, stat } from "node:fs/promises"
import { extname, join, relative, sep } from "node:path"
import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"
import type { FastifyReply, FastifyRequest } from "fastify"

type Coding = "br" | "gzip"

interface Page {
  readonly body: Buffer
  readonly type: string
  readonly etag: string
  readonly cacheControl: string
  readonly compressible: boolean
  readonly encoded: Partial<Record<Coding, Promise<Buffer>>>
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".map": "application/json; charset=utf-8",
}
const compressibleTypes = /^(?:text\/|application\/|image\/svg)/
const maxFileBytes = 16 * 1024 * 1024
const maxFiles = 2_000
const minCompressedBytes = 1_024
const suffixes = { br: ".br", gzip: ".gz" } as const
/** Vite writes a hash of the content into the names of these. */
const hashedName = /^\/assets\/.*-[\w-]{8,}\.\w+$/
/** How often a rebuilt folder is noticed at most. */
const lookAgainMs = 1_000

export class StaticPages {
  readonly #dir: string
  #pages: ReadonlyMap<string, Page> = new Map()
  #builtAt = -1
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Answers a GET or HEAD for a path; `undefined` where there is nothing to show for it. */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    await this.#refresh()
    const path = request.url.split("?", 1)[0]!
    const page = this.#pages.get(path === "/" ? "/index.html" : path) ?? this.#fallback(request, path)
    if (page === undefined)
      return this.#pages.size === 0 && wantsHtml(request, path) ? notBuilt(reply) : undefined
    reply
      .header("cache-control", page.cacheControl)
      .header("etag", page.etag)
      .header("vary", "accept-encoding")
    if (request.headers["if-none-match"] === page.etag) return reply.code(304).send()
    reply.type(page.type)
    const coding = page.compressible ? codingFor(request.headers["accept-encoding"]) : undefined
    if (coding === undefined) return reply.send(page.body)
    return reply.header("content-encoding", coding).send(await encode(page, coding))
  }

  /** Any address of the pages' own router is the one page. */
  #fallback(request: FastifyRequest, path: string): Page | undefined {
    return wantsHtml(request, path) ? this.#pages.get("/index.html") : undefined
  }

  async #refresh(): Promise<void> {
    const now = performance.now()
    if (now - this.#lookedAt < lookAgainMs) return
    this.#lookedAt = now
    const builtAt = await stat(join(this.#dir, "index.html")).then(
      (file) => file.mtimeMs,
      () => -1,
    )
    if (builtAt === this.#builtAt) return
    this.#pages = builtAt < 0 ? new Map() : await readPages(this.#dir)
    this.#builtAt = builtAt
  }
}

function wantsHtml(request: FastifyRequest, path: string): boolean {
  if (path === "/") return true
  return !path.startsWith("/assets/") && (request.headers.accept ?? "").includes("text/html")
}

function notBuilt(reply: FastifyReply): FastifyReply {
  reply.code(503).type("text/html; charset=utf-8").header("cache-control", "no-store")
  return reply.send(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Propolis</title>' +
      "<h1>The hub runs. Its pages are not built yet.</h1>" +
      "<p>Run <code>npm start</code> in the repository: it builds them. Then reload this page.</p></html>",
  )
}

async function readPages(dir: string): Promise<Map<string, Page>> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  )
  const bodies = new Map<string, Buffer>()
  for (const entry of files.slice(0, maxFiles)) {
    const file = join(entry.parentPath, entry.name)
    if ((await stat(file)).size > maxFileBytes) continue
    bodies.set(`/${relative(dir, file).split(sep).join("/")}`, await readFile(file))
  }
  const pages = new Map<string, Page>()
  for (const [path, body] of bodies) {
    if (isVariant(path, bodies)) continue
    const encoded: Page["encoded"] = {}
    for (const coding of ["br", "gzip"] as const) {
      const variant = bodies.get(path + suffixes[coding])
      if (variant !== undefined) encoded[coding] = Promise.resolve(variant)
    }
    const type = types[extname(path)] ?? "application/octet-stream"
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
    const cacheControl = hashedName.test(path) ? "public, max-age=31536000, immutable" : "no-cache"
    const compressible = compressibleTypes.test(type) && body.length >= minCompressedBytes
    pages.set(path, { body, type, etag, cacheControl, compressible, encoded })
  }
  return pages
}

function isVariant(path: string, bodies: ReadonlyMap<string, Buffer>): boolean {
  return Object.values(suffixes).some(
    (suffix) => path.endsWith(suffix) && bodies.has(path.slice(0, -suffix.length)),
  )
}

/** The best coding that a client names without `q=0`. */
function codingFor(header: string | string[] | undefined): Coding | undefined {
  const accepted = String(header ?? "")
    .split(",")
    .map((item) => item.trim().toLowerCase())
    .filter((item) => !/;\s*q=0(?:\.0*)?$/.test(item))
    .map((item) => item.split(";", 1)[0]!.trim())
  return (["br", "gzip"] as const).find((coding) => accepted.includes(coding))
}

/** Compressed once, then kept with the page. */
async function encode(page: Page, coding: Coding): Promise<Buffer> {
  page.encoded[coding] ??=
    coding === "br"
      ? promisify(brotliCompress)(page.body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
      : promisify(gzip)(page.body, { level: 9 })
  return page.encoded[coding]
}

import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { handlerExamples, logHandlers, logHandlersMarkdown } from "@propolis/log-handlers"
import { describe, expect, it } from "vitest"
import { parseConfig } from "./load-config.ts"

const root = join(import.meta.dirname, "..", "..", "..", "..")

describe("docs/log-handlers.md", () => {
  /** Something that fits for every variable that the examples name. */
  const anySecret = new Proxy<Record<string, string>>(
    {},
    {
      get(_, name) {
        if (/URL$/.test(String(name))) return "https://secret.example/x"
        return /DSHIELD/.test(String(name)) ? "c2VjcmV0IG9mIERTaGllbGQ=" : "123456:from-the-environment"
      },
      getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: "" }),
    },
  )

  it.each(logHandlers.map(({ name }) => name))("enables %s by at most five lines", async (name) => {
    const lines = ["handlers:", ...(handlerExamples[name] ?? []).map((line) => `  ${line}`)]
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.length).toBeLessThanOrEqual(5)
    const config = await parseConfig(lines.join("\n"), { env: anySecret })
    expect(config.handlers.map((entry) => [entry.name, entry.handler.name, entry.enabled])).toEqual([
      [name, name, true],
    ])
    expect(logHandlersMarkdown()).toContain(lines.join("\n"))
  })

  it("names every option, and which are secret", () => {
    const text = logHandlersMarkdown()
    expect(text).toMatch(/\| `webhookUrl` \| text \| required \|.*\*Secret\.\* \|/)
    expect(text).toContain("| `digest.windowMs` | 0 to 86,400,000 | `60000` |")
    expect(text).toMatch(/\| `headers` \| map \|.*\*Secret\.\* \|/)
  })
})

describe("docs/write-a-log-handler.md", () => {
  it("has an example that works as it stands", async () => {
    const page = await readFile(join(root, "docs", "write-a-log-handler.md"), "utf8")
    const code = /```ts\n(.*?)```/s.exec(page)![1]!
    const yaml = /```yaml\n(.*?)```/s.exec(page)![1]!
    expect(code.split("\n").length).toBeLessThanOrEqual(36)

    const received: { token: string | undefined; body: unknown }[] = []
    let status = 202
    const server = createServer(async (request, response) => {
      let body = ""
      for await (const chunk of request) body += String(chunk)
      received.push({ token: request.headers.authorization, body: JSON.parse(body) })
      response.writeHead(status).end()
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`
    // Beside the packages, so that it finds those that it imports.
    const dir = await mkdtemp(join(root, "packages", "sensor", ".example-"))
    try {
      await writeFile(join(dir, "counter.ts"), code)
      await writeFile(join(dir, "propolis.yaml"), yaml.replace("https://counter.example/in", url))
      expect(await propolis(dir, ["handlers", "test", "counter"])).toMatch(/^0: counter: ok after .*: 202$/m)
      expect(received).toEqual([
        { token: "Bearer token-of-counter", body: { sensor: "sample", counts: { "192.0.2.1": 1 } } },
      ])
      status = 503
      expect(await propolis(dir, ["handlers", "test", "counter"])).toMatch(
        /^69: counter: FAILED after .*: the counter answered 503$/m,
      )
      expect(await propolis(dir, ["check"])).toMatch(/^ {2}counter: answers/m)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(dir, { recursive: true, force: true })
    }
  }, 30_000)
})

/** The command itself, on a folder of its own: its exit code and what it wrote. */
async function propolis(dir: string, args: readonly string[]): Promise<string> {
  const main = join(root, "packages", "cli", "src", "main.ts")
  const all = [main, ...args, "-c", join(dir, "propolis.yaml"), "--data", join(dir, "data")]
  return new Promise((resolve) => {
    const env = { ...process.env, COUNTER_TOKEN: "token-of-counter", NODE_OPTIONS: "" }
    execFile(process.execPath, all, { env }, (error, stdout, stderr) => {
      resolve(`${error === null ? 0 : error.code}: ${stdout}${stderr}`)
    })
  })
}

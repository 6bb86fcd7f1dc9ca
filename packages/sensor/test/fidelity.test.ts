/**
 * The default services under the eyes of a scanner: nmap names the persona's products and no honeypot, and
 * what honeypots are known by is not there.
 */
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls"
import { emulators } from "@propolis/emulators"
import { requireProgram } from "@propolis/testkit"
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest"
import { parse } from "yaml"
import { startTestHost, type TestHost, tcpClient } from "../src/host/host-fixture.ts"
import { defaultProfileText } from "../src/index.ts"
import { createPersona, findPersonaTemplate } from "../src/persona/persona.ts"
import { run } from "./clients.ts"

const persona = createPersona({
  template: findPersonaTemplate("debian-12-web")!,
  seed: new Uint8Array(32).fill(7),
  createdAt: Date.UTC(2026, 0, 1),
})
const names = ["Telnet", "HTTP", "HTTPS", "DNS", "POP3"] as const
const ports = new Map<string, number>()
let test: TestHost

beforeAll(async () => {
  test = await startTestHost({ change: { persona } })
  const { services } = parse(defaultProfileText()) as {
    services: Record<string, { emulator: string; tls?: boolean; options?: unknown }>
  }
  for (const name of names) {
    const { emulator: kind, tls = false, options = {} } = services[name]!
    const emulator = emulators.find((each) => each.name === kind)!
    const listening = await test.listen(emulator, { name, tls, options: emulator.options.parse(options) })
    ports.set(name, listening.port)
  }
})
afterAll(() => test.close())

const portOf = (name: (typeof names)[number]) => ports.get(name)!

function needs({ skip }: TestContext, program: string): void {
  if (!requireProgram(program, program, `fidelity against ${program}`)) skip()
}

describe.concurrent("nmap -sV", () => {
  const { version } = persona.products.http!
  const bind = persona.products.dns?.version ?? "9.18"
  // nmap's patience with a telnet server that waits for answers is what takes long: 53 s with inetutils-telnetd
  // and 51 s here with all probes; fewer probes hardly shorten it.
  it.for([
    ["Telnet", 0, /open +telnet/],
    ["HTTP", 7, new RegExp(`open +http +Apache httpd ${version}`)],
    ["HTTPS", 7, new RegExp(`open +ssl/http +Apache httpd ${version}`)],
    ["DNS", 5, new RegExp(`open +domain +ISC BIND ${bind}`)],
    ["POP3", 5, /open +pop3 +Dovecot pop3d/],
  ] as const)("sees %s", { timeout: 180_000 }, async ([name, intensity, expected], context) => {
    needs(context, "nmap")
    const args = ["-sV", "-sT", "-Pn", "-n", "--version-intensity", String(intensity)]
    const report = (await run("nmap", [...args, "-p", String(portOf(name)), "127.0.0.1"])).stdout.toString()
    expect(report).toMatch(expected)
    expect(report).not.toMatch(/honeypot|honeyd|kojoney|dionaea|cowrie|nepenthes|twisted|python|node/i)
  })
})

describe("telnet", () => {
  it("begins with a server's whole list of options, not with a lone DO NAWS", async () => {
    const client = tcpClient(portOf("Telnet"))
    const first = await client.bytes(21)
    client.socket.destroy()
    expect(first.toString("hex")).toBe("fffb25fffb26fffd18fffd20fffd23fffd27fffd24")
  })
})

describe("http", () => {
  const ask = async (request: string) => {
    const client = tcpClient(portOf("HTTP"))
    client.socket.end(request, "latin1")
    await client.closed
    return client.received().toString("latin1")
  }
  const server = `Server: Apache/${persona.products.http!.version} (Debian)`
  it("gives its fields in Apache's order", async () => {
    const [head] = (await ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).split("\r\n\r\n")
    const lines = head!.split("\r\n")
    expect(lines[0]).toBe("HTTP/1.1 200 OK")
    expect(lines[2]).toBe(server)
    expect(lines.slice(1).map((line) => line.split(":")[0])).toEqual([
      "Date",
      "Server",
      "Last-Modified",
      "ETag",
      "Accept-Ranges",
      "Content-Length",
      "Vary",
      "Connection",
      "Content-Type",
    ])
  })
  it.each([
    ["GET / HTTP/1337\r\n\r\n", "400 Bad Request"],
    ["HELP\r\n\r\n", "400 Bad Request"],
    ["GET / HTTP/1.1\r\n\r\n", "400 Bad Request"],
    ["FOO / HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented"],
  ])("answers %j as Apache does", async (request, status) => {
    const answer = await ask(request)
    expect(answer.startsWith(`HTTP/1.1 ${status}\r\nDate: `)).toBe(true)
    expect(answer).toContain(`\r\n${server}\r\n`)
    expect(answer).toContain(`<title>${status}</title>`)
  })
  it("lists its methods in Apache's order, not in Dionaea's", async () => {
    expect(await ask("OPTIONS / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toContain(
      "\r\nAllow: POST,OPTIONS,HEAD,GET\r\n",
    )
  })
})

describe("TLS", () => {
  const agree = (options: ConnectionOptions) =>
    new Promise<TLSSocket>((resolve, reject) => {
      const socket = connect(
        { host: "127.0.0.1", port: portOf("HTTPS"), rejectUnauthorized: false, ...options },
        () => resolve(socket),
      )
      socket.once("error", reject)
    })
  it("offers what apache2 on Debian 12 offers", { timeout: 120_000 }, async (context) => {
    needs(context, "nmap")
    const args = ["-Pn", "-n", "-p", String(portOf("HTTPS")), "--script", "ssl-enum-ciphers", "127.0.0.1"]
    const report = (await run("nmap", args)).stdout.toString()
    expect(report.match(/TLSv1\.\d(?=:)/g)).toEqual(["TLSv1.2", "TLSv1.3"])
    // Counted on apache2 2.4.71-1~deb12u1 with mod_ssl's own settings.
    expect(report.match(/ TLS_DHE_RSA_/g)).toHaveLength(17)
    expect(report.match(/ TLS_ECDHE_RSA_/g)).toHaveLength(11)
    expect(report.match(/ TLS_RSA_/g)).toHaveLength(16)
    expect(report.match(/ TLS_AKE_/g)).toHaveLength(3)
    expect(report).not.toContain("cipher preference: server")
  })
  it("follows the client's order of suites", async () => {
    for (const [ciphers, expected] of [
      ["AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA"],
      ["ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA", "ECDHE-RSA-AES256-GCM-SHA384"],
    ] as const) {
      const socket = await agree({ maxVersion: "TLSv1.2", ciphers })
      expect(socket.getCipher().name).toBe(expected)
      socket.destroy()
    }
  })
  it("knows no group that OpenSSL 3.0 does not know", async () => {
    await expect(agree({ ecdhCurve: "X25519MLKEM768" })).rejects.toThrow()
  })
})

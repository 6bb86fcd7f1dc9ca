import { spawnSync } from "node:child_process"
import { generateKeyPairSync, X509Certificate } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bytesFromHex, hexFromBytes } from "@propolis/core"
import { requireProgram, skipLoudly } from "@propolis/testkit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { buildCertificate, certificatePem } from "./certificate.ts"
import { debian12Web } from "./data/debian-12-web.ts"
import { createDerivation } from "./derivation.ts"
import { createPersona, findPersonaTemplate, personaCertificate, personaTemplates } from "./persona.ts"
import { openPersonaKey, openPersonaState } from "./persona-state.ts"

const createdAt = Date.UTC(2026, 10, 22, 12)
const seed = (n: number) => Uint8Array.from({ length: 32 }, (_, i) => (i * 7 + n) & 0xff)

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "propolis-persona-"))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe("derivation", () => {
  it("gives the same bytes for a label, others for another label or seed, and short ones begin long ones", () => {
    const a = createDerivation(seed(1))
    expect(a.bytes("x", 100)).toEqual(createDerivation(seed(1)).bytes("x", 100))
    expect(a.bytes("x", 100).subarray(0, 33)).toEqual(a.bytes("x", 33))
    expect(a.bytes("y", 32)).not.toEqual(a.bytes("x", 32))
    expect(createDerivation(seed(2)).bytes("x", 32)).not.toEqual(a.bytes("x", 32))
    expect(hexFromBytes(a.bytes("never change this", 8))).toMatchInlineSnapshot(`"69a1dc146ceb0bc7"`)
  })

  it("refuses to derive without bound", () => {
    expect(() => createDerivation(seed(1)).bytes("x", 1e9)).toThrow(RangeError)
  })
})

describe("persona", () => {
  it("is the same after a restart and another for another seed", () => {
    const make = (n: number) => createPersona({ template: debian12Web, seed: seed(n), createdAt })
    const { derive, ...first } = make(1)
    const { derive: again, ...second } = make(1)
    expect(second).toEqual(first)
    expect(again("salt", 16)).toEqual(derive("salt", 16))
    const names = new Set(Array.from({ length: 200 }, (_, n) => `${make(n).hostName}.${make(n).domain}`))
    expect(names.size).toBeGreaterThan(150)
  })

  it("contradicts itself nowhere: times, kernel and products fit each other", () => {
    for (let n = 0; n < 100; n++) {
      const persona = createPersona({ template: debian12Web, seed: seed(n), createdAt })
      expect(persona.installedAt).toBeLessThan(persona.bootedAt)
      expect(persona.bootedAt).toBeLessThan(createdAt)
      const builtOn = /\((\d{4}-\d\d-\d\d)\)$/.exec(persona.system.kernelBuild)![1]!
      expect(Date.parse(builtOn)).toBeLessThan(persona.bootedAt)
      expect(persona.users[0]!.name).toBe("root")
      expect(persona.products.http).toEqual({ name: "Apache", version: "2.4.65", extra: "(Debian)" })
    }
  })

  it("takes the versions that were out when it booted", () => {
    const persona = createPersona({ template: debian12Web, seed: seed(1), createdAt: Date.UTC(2025, 7, 30) })
    expect(persona.system.kernel).toBe("6.1.0-37-amd64")
  })

  it.each(personaTemplates.map((template) => [template.name, template] as const))(
    "%s is on no list of honeypots and its host names are valid",
    (name, template) => {
      expect(findPersonaTemplate(name)).toBe(template)
      for (let n = 0; n < 300; n++) {
        const persona = createPersona({ template, seed: seed(n), createdAt })
        expect(persona.hostName).toMatch(/^[a-z][a-z0-9-]{2,20}$/)
        expect(["svr04", "svr03", "nas3", "ubuntu", "localhost", "debian"]).not.toContain(persona.hostName)
        for (const user of persona.users)
          expect(["phil", "richard", "oracle", "tomcat"]).not.toContain(user.name)
      }
      const ssh = template.patchLevels.map((level) => level.products.ssh?.extra)
      expect(ssh).not.toContain("Debian-2+deb12u3")
    },
  )
})

describe("state", () => {
  it("is made once, mode 0600, and kept", () => {
    const first = openPersonaState(dir, createdAt)
    expect(openPersonaState(dir, createdAt + 1e9)).toEqual({ ...first, seed: Uint8Array.from(first.seed) })
    expect(first.sensor).toMatch(/^sensor-[0-9a-f]{8}$/)
    expect(statSync(join(dir, "sensor.json")).mode & 0o777).toBe(0o600)
    const key = openPersonaKey(dir)
    expect(openPersonaKey(dir).pem).toBe(key.pem)
    expect(statSync(join(dir, "persona-key.pem")).mode & 0o777).toBe(0o600)
  })

  it.each([
    ["no JSON", "{"],
    ["another shape", '{"v":1,"seed":"xyz"}'],
    ["empty", ""],
  ])("refuses a damaged file (%s) instead of becoming another machine", (_, text) => {
    writeFileSync(join(dir, "sensor.json"), text)
    expect(() => openPersonaState(dir, createdAt)).toThrow(
      expect.objectContaining({ code: "DATA_UNWRITABLE" }),
    )
    expect(readFileSync(join(dir, "sensor.json"), "utf8")).toBe(text)
  })

  it("says DATA_UNWRITABLE where the folder cannot be made", () => {
    writeFileSync(join(dir, "file"), "")
    expect(() => openPersonaState(join(dir, "file", "data"), 0)).toThrow(
      expect.objectContaining({ code: "DATA_UNWRITABLE" }),
    )
  })
})

describe("certificate", () => {
  const persona = createPersona({ template: debian12Web, seed: seed(3), createdAt })
  const fullName = `${persona.hostName}.${persona.domain}`
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 })

  it("verifies, names the host, and is as old as the machine", () => {
    const certificate = new X509Certificate(personaCertificate(persona, privateKey))
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkPrivateKey(privateKey)).toBe(true)
    expect(certificate.subject).toBe(`CN=${fullName}`)
    expect(certificate.issuer).toBe(`CN=${fullName}`)
    expect(certificate.subjectAltName).toBe(`DNS:${fullName}`)
    expect(certificate.ca).toBe(false)
    expect(Date.parse(certificate.validFrom)).toBe(persona.installedAt)
    expect(Date.parse(certificate.validTo) - persona.installedAt).toBe(3_650 * 86_400_000)
    expect(certificate.serialNumber).toHaveLength(40)
    expect(personaCertificate(persona, privateKey)).toBe(personaCertificate(persona, privateKey))
  })

  it("goes over to GeneralizedTime in 2050", () => {
    const certificate = new X509Certificate(
      buildCertificate({
        commonName: "a.lan",
        serial: seed(1).subarray(0, 20),
        notBefore: Date.UTC(2045, 0, 2, 3, 4, 5),
        validDays: 3_650,
        privateKey,
      }),
    )
    expect(new Date(certificate.validTo).toISOString()).toBe("2054-12-31T03:04:05.000Z")
  })

  it("is byte for byte what openssl makes of Debian's template", ({ skip }) => {
    if (!requireProgram("openssl", "openssl", "the certificate beside openssl's")) return skip()
    // Later ones add key identifiers that Debian 12's does not.
    const version = spawnSync("openssl", ["version"], { encoding: "utf8" }).stdout.trim()
    if (!version.startsWith("OpenSSL 3.0.")) {
      skipLoudly(
        "the certificate beside openssl's",
        `the Debian package openssl of Debian 12, not ${version}`,
      )
      return skip()
    }
    const template = `[ req ]
default_bits = 2048
distinguished_name = req_distinguished_name
prompt = no
policy = policy_anything
req_extensions = v3_req
x509_extensions = v3_req
[ req_distinguished_name ]
commonName = ${fullName}
[ v3_req ]
basicConstraints = CA:FALSE
subjectAltName = DNS:${fullName}
`
    const serial = "39f4617307320a1fabe3f64a1d84cc9313d25826"
    writeFileSync(join(dir, "req.cnf"), template)
    writeFileSync(join(dir, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }))
    const made = spawnSync(
      "openssl",
      [
        "req",
        "-config",
        "req.cnf",
        "-new",
        "-x509",
        "-days",
        "3650",
        "-nodes",
        "-sha256",
        "-key",
        "key.pem",
        "-set_serial",
        `0x${serial}`,
        "-out",
        "cert.pem",
      ],
      { cwd: dir, encoding: "utf8" },
    )
    expect(made.status, made.stderr).toBe(0)
    const theirs = readFileSync(join(dir, "cert.pem"), "utf8")
    const notBefore = Date.parse(new X509Certificate(theirs).validFrom)
    const ours = buildCertificate({
      commonName: fullName,
      serial: bytesFromHex(serial),
      notBefore,
      validDays: 3_650,
      privateKey,
    })
    expect(certificatePem(ours)).toBe(theirs)
  })
})

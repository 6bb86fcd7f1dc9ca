import { createHash } from "node:crypto"
import type { Persona } from "@propolis/core"

/** A persona for tests: a Debian 12 web server. Two seeds give two machines that derive different bytes. */
export function personaFixture(seed = "fixture"): Persona {
  return {
    name: "debian-12-web",
    hostName: "web-3f",
    domain: "corp.example",
    system: {
      family: "linux",
      title: "Debian GNU/Linux 12 (bookworm)",
      issue: "Debian GNU/Linux 12",
      kernel: "6.1.0-28-amd64",
      kernelBuild: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)",
      machine: "x86_64",
    },
    bootedAt: Date.UTC(2024, 11, 2, 6, 25, 11),
    installedAt: Date.UTC(2024, 10, 1, 10, 0, 0),
    users: [{ name: "root" }, { name: "deploy", password: "deploy123" }],
    products: {
      http: { name: "Apache", version: "2.4.62", extra: "(Debian)" },
      dns: { name: "BIND", version: "9.18.28", extra: "1~deb12u2-Debian" },
    },
    derive(label, count) {
      return seededBytes(`${seed}/${label}`, count)
    },
  }
}

/** `count` bytes that only depend on the seed. */
export function seededBytes(seed: string, count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  for (let offset = 0, block = 0; offset < count; block++) {
    const digest = createHash("sha256").update(`${seed}#${block}`).digest()
    const part = digest.subarray(0, Math.min(digest.length, count - offset))
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** Sources of generated attacks. */
import { formatAddress, specialUseOf } from "@propolis/core"
import type { Random } from "./random.ts"

/** `documentation`: RFC 5737 and RFC 3849 addresses alone; `public`: they look like hosts of the Internet; `mixed`: both. */
export type SourceRange = "documentation" | "public" | "mixed"

const documentationNets = [
  [192, 0, 2],
  [198, 51, 100],
  [203, 0, 113],
] as const

/** `count` different addresses, about one in twenty of them IPv6. */
export function drawAddresses(random: Random, count: number, range: SourceRange): string[] {
  const drawn = new Set<string>()
  while (drawn.size < count) {
    const documentation = range === "documentation" || (range === "mixed" && random.chance(0.1))
    drawn.add(documentation ? drawDocumentation(random, drawn.size) : drawPublic(random))
  }
  return [...drawn]
}

function drawDocumentation(random: Random, taken: number): string {
  // The three IPv4 blocks hold 762 hosts: past half of that IPv6 takes over.
  if (taken < 380 && random.chance(0.95)) {
    return `${random.pick(documentationNets).join(".")}.${1 + random.below(254)}`
  }
  const bytes = random.bytes(16)
  bytes.set([0x20, 0x01, 0x0d, 0xb8])
  return formatAddress(bytes)
}

function drawPublic(random: Random): string {
  for (;;) {
    let address: string
    if (random.chance(0.05)) {
      const bytes = random.bytes(16)
      bytes[0] = 0x2a
      bytes.fill(0, 5, 12)
      address = formatAddress(bytes)
    } else {
      address = `${1 + random.below(223)}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`
    }
    if (specialUseOf(address) === undefined) return address
  }
}

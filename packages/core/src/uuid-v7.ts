/** UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then a counter and random bits. */
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function isUuid(text: string): boolean {
  return text.length === 36 && uuidPattern.test(text)
}

export interface UuidV7Source {
  /** Unix milliseconds. */
  now(): number
  /** `count` random bytes. */
  random(count: number): Uint8Array
}

/**
 * Makes a generator of ids that rise strictly within this process, also when the clock jumps back:
 * `rand_a` and 18 bits of `rand_b` are a counter (RFC 9562 §6.2, method 1), seeded at random each
 * millisecond, and the time never goes back.
 */
export function createUuidV7(source: UuidV7Source): () => string {
  let lastMs = -1
  let counter = 0
  let pool: Uint8Array = new Uint8Array(0)
  let used = 0
  let stampMs = -1
  let stamp = ""
  return () => {
    if (used + 6 > pool.length) {
      pool = source.random(1_536)
      used = 0
    }
    const now = source.now()
    if (now > lastMs) {
      lastMs = now
      // The top bit starts clear, so that at least 2^29 ids fit into one millisecond.
      counter = ((pool[used]! << 21) | (pool[used + 1]! << 13) | (pool[used + 2]! << 5)) & 0x1fff_ffff
    } else if (++counter > 0x3fff_ffff) {
      lastMs++
      counter = 0
    }
    if (stampMs !== lastMs) {
      stampMs = lastMs
      const digits = lastMs.toString(16).padStart(12, "0")
      stamp = `${digits.slice(0, 8)}-${digits.slice(8, 12)}-7`
    }
    const high = counter >>> 18
    const low = counter & 0x3ffff
    const p = used
    used += 6
    // rand_a: the counter's high 12 bits; rand_b: its low 18 bits behind the variant, then 44 random bits.
    const b8 = 0x80 | (low >>> 12)
    const b9 = (low >>> 4) & 0xff
    const b10 = ((low & 0xf) << 4) | (pool[p]! & 0xf)
    const randA = hex[high >>> 4]! + hex[(high & 0xf) << 4]!.charAt(0)
    return `${stamp}${randA}-${hex[b8]}${hex[b9]}-${hex[b10]}${hex[pool[p + 1]!]}${hex[pool[p + 2]!]}${hex[pool[p + 3]!]}${hex[pool[p + 4]!]}${hex[pool[p + 5]!]}`
  }
}

/** Unix milliseconds within a version 7 id. */
export function uuidV7Time(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** Seeded randomness: the same seed gives the same sequence on every machine (sfc32, Doty-Humphrey). */
export interface Random {
  /** 32 random bits. */
  bits(): number
  /** 0 ≤ x < 1. */
  unit(): number
  /** 0 ≤ n < `limit`. */
  below(limit: number): number
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
  bytes(count: number): Uint8Array
}

export function createRandom(seed: number): Random {
  let a = 0x9e3779b9 | 0
  let b = 0x243f6a88 | 0
  let c = seed | 0
  let d = 1 | 0
  const bits = () => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 16; i++) bits()
  const unit = () => bits() / 0x1_0000_0000
  const below = (limit: number) => Math.floor(unit() * limit)
  return {
    bits,
    unit,
    below,
    chance: (probability) => unit() < probability,
    pick: (items) => items[below(items.length)]!,
    bytes(count) {
      const bytes = new Uint8Array(count)
      for (let i = 0; i < count; i += 4) {
        const word = bits()
        bytes[i] = word
        if (i + 1 < count) bytes[i + 1] = word >>> 8
        if (i + 2 < count) bytes[i + 2] = word >>> 16
        if (i + 3 < count) bytes[i + 3] = word >>> 24
      }
      return bytes
    },
  }
}

/** Draws ranks 0 … `count` − 1 with probability ∝ 1 / (rank + 1)^`exponent`. */
export function createZipf(random: Random, count: number, exponent: number): () => number {
  const cumulative = new Float64Array(count)
  let total = 0
  for (let i = 0; i < count; i++) {
    total += 1 / (i + 1) ** exponent
    cumulative[i] = total
  }
  return () => {
    const target = random.unit() * total
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (cumulative[middle]! > target) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Failed logins per address and per account, in a sliding window, in bounded memory. */
import { networkOf } from "@propolis/core"

const windowMs = 15 * 60_000
const maxPerAddress = 10
// Higher, because anyone can fail on behalf of an account; it slows guessing from many addresses.
const maxPerAccount = 50
const maxTracked = 10_000

export class LoginLimit {
  readonly #failures = new Map<string, number[]>()

  /** Seconds to wait before the next try; 0 where it may be made now. */
  retryAfterSeconds(address: string, email: string, now: number): number {
    return Math.max(
      this.#wait(addressKey(address), maxPerAddress, now),
      this.#wait(`account ${email}`, maxPerAccount, now),
    )
  }

  /** Counted before the password is checked, so that many tries at once cannot slip through. */
  recordTry(address: string, email: string, now: number): void {
    for (const key of [addressKey(address), `account ${email}`]) {
      const times = this.#recent(key, now)
      times.push(now)
      // Moves the key to the end: the map's first is the least recently used.
      this.#failures.delete(key)
      this.#failures.set(key, times)
    }
    for (const key of this.#failures.keys()) {
      if (this.#failures.size <= maxTracked) break
      this.#failures.delete(key)
    }
  }

  /** A login that passed clears its address and account. */
  recordSuccess(address: string, email: string): void {
    this.#failures.delete(addressKey(address))
    this.#failures.delete(`account ${email}`)
  }

  #wait(key: string, max: number, now: number): number {
    const times = this.#recent(key, now)
    if (times.length < max) return 0
    return Math.max(1, Math.ceil((times[times.length - max]! + windowMs - now) / 1_000))
  }

  #recent(key: string, now: number): number[] {
    return (this.#failures.get(key) ?? []).filter((time) => time > now - windowMs)
  }
}

// One IPv6 customer owns a /64: counted as one.
function addressKey(address: string): string {
  return address.includes(":") ? networkOf(address) : address
}

/**
 * UDP honesty (DESIGN §5): no sensor is ever worth abusing as a reflector. What a reply to an unproven
 * source exceeds the bytes received in its own conversation by is its excess. Within any hour the
 * excess is at most `udpCreditBytesPerHour` for one address and for one /24 or /64, within any minute at
 * most `udpCreditBytesPerMinute` for all together. The host keeps the conversation's balance; here is the excess.
 */
import { networkOf } from "@propolis/core"

/**
 * Excess by window. The one before counts as well, so that the limit holds within any span of a
 * window's length, wherever it begins.
 */
interface Ledger {
  window: number
  now: number
  before: number
}

export interface UdpBudgetLimits {
  readonly udpCreditBytesPerHour: number
  readonly udpCreditBytesPerMinute: number
  readonly maxTrackedSources: number
}

const hourMs = 3_600_000
const minuteMs = 60_000

export class UdpBudget {
  private readonly addresses = new Map<string, Ledger>()
  private readonly networks = new Map<string, Ledger>()
  private readonly all: Ledger = { window: 0, now: 0, before: 0 }

  /** Addresses and networks remembered. */
  get size(): number {
    return this.addresses.size + this.networks.size
  }

  /**
   * Takes `excess` bytes for an address, or nothing at all and says no. `nowMs` is monotonic.
   * Who cannot be remembered gets nothing: forgetting a ledger that still counts would renew its credit.
   */
  spend(address: string, excess: number, nowMs: number, limits: UdpBudgetLimits): boolean {
    if (excess <= 0) return true
    const hour = Math.floor(nowMs / hourMs)
    roll(this.all, Math.floor(nowMs / minuteMs))
    if (this.all.now + this.all.before + excess > limits.udpCreditBytesPerMinute) return false
    if (excess > limits.udpCreditBytesPerHour) return false
    const byAddress = ledgerOf(this.addresses, address, hour, limits.maxTrackedSources)
    if (byAddress === undefined || used(byAddress) + excess > limits.udpCreditBytesPerHour) return false
    const byNetwork = ledgerOf(this.networks, networkOf(address), hour, limits.maxTrackedSources)
    if (byNetwork === undefined || used(byNetwork) + excess > limits.udpCreditBytesPerHour) return false
    this.all.now += excess
    byAddress.now += excess
    byNetwork.now += excess
    return true
  }
}

function used(ledger: Ledger): number {
  return ledger.now + ledger.before
}

function roll(ledger: Ledger, window: number): void {
  if (window === ledger.window) return
  ledger.before = window === ledger.window + 1 ? ledger.now : 0
  ledger.now = 0
  ledger.window = window
}

/** In order of creation, which is the order of expiry but for those in use; these are looked at a few a call. */
function ledgerOf(
  ledgers: Map<string, Ledger>,
  key: string,
  window: number,
  max: number,
): Ledger | undefined {
  const known = ledgers.get(key)
  if (known !== undefined) {
    roll(known, window)
    return known
  }
  let looked = 0
  for (const [oldKey, old] of ledgers) {
    if (ledgers.size < max || ++looked > 8) break
    roll(old, window)
    ledgers.delete(oldKey)
    if (used(old) > 0) ledgers.set(oldKey, old)
  }
  if (ledgers.size >= max) return undefined
  const ledger: Ledger = { window, now: 0, before: 0 }
  ledgers.set(key, ledger)
  return ledger
}

/**
 * How many batches may be on their way at once: being received (their bytes trickle in), and being
 * processed. Beyond that a sensor is asked to come back; it keeps its events in its journal meanwhile.
 */
export interface GateLimits {
  /** Requests whose body is being received. */
  readonly maxReceiving: number
  /** … of one key, so that one sensor's slow connections do not keep others out. */
  readonly maxReceivingPerKey: number
  /** Whole batches being processed or waiting for it. */
  readonly maxProcessing: number
}

export const defaultGateLimits: GateLimits = { maxReceiving: 64, maxReceivingPerKey: 16, maxProcessing: 8 }

export class Gate {
  readonly #limits: GateLimits
  readonly #receivingByKey = new Map<number, number>()
  #receiving = 0
  #processing = 0

  constructor(limits: GateLimits = defaultGateLimits) {
    this.#limits = limits
  }

  get processing(): number {
    return this.#processing
  }

  get receiving(): number {
    return this.#receiving
  }

  /** @returns a function that gives the place back (idempotent); undefined where there is none. */
  enterReceiving(keyId: number): (() => void) | undefined {
    const ofKey = this.#receivingByKey.get(keyId) ?? 0
    if (this.#receiving >= this.#limits.maxReceiving || ofKey >= this.#limits.maxReceivingPerKey)
      return undefined
    this.#receiving++
    this.#receivingByKey.set(keyId, ofKey + 1)
    return once(() => {
      this.#receiving--
      const left = this.#receivingByKey.get(keyId)! - 1
      if (left === 0) this.#receivingByKey.delete(keyId)
      else this.#receivingByKey.set(keyId, left)
    })
  }

  enterProcessing(): (() => void) | undefined {
    if (this.#processing >= this.#limits.maxProcessing) return undefined
    this.#processing++
    return once(() => {
      this.#processing--
    })
  }
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    run()
  }
}

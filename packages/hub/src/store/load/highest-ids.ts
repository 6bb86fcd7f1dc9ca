/**
 * The highest event id of each sensor. Ids are UUIDv7 and a sensor's rise, so what is above its highest was never seen:
 * no look-up is needed. Memory is bounded: what is forgotten raises a floor under all sensors that are not known.
 */

export interface HighestId {
  readonly account: number
  readonly sensor: string
  readonly id: string
}

/** Sensors whose highest ids are kept; each costs about 150 bytes. */
export const maxSensors = 100_000

export class HighestIds {
  readonly #ids = new Map<string, string>()
  readonly #maxSensors: number
  #floor = ""

  /** @param known the sensors with the highest ids, highest first: where there are `capacity` of them, there may be more. */
  constructor(known: readonly HighestId[] = [], capacity = maxSensors) {
    this.#maxSensors = capacity
    if (known.length >= capacity) this.#floor = known.at(-1)!.id
    for (const { account, sensor, id } of known.toReversed()) this.#ids.set(keyOf(account, sensor), id)
  }

  get size(): number {
    return this.#ids.size
  }

  /**
   * Remembers an id. True where it is above all that its sensor sent, so that it cannot have been seen before. (An id whose
   * time lies in the future puts the sensor's next ones below it: they are looked up, which is slower and just as right.)
   */
  raise(account: number, sensor: string, id: string): boolean {
    const key = keyOf(account, sensor)
    const known = this.#ids.get(key)
    if (id <= (known ?? this.#floor)) return false
    if (known === undefined && this.#ids.size >= this.#maxSensors) {
      const [oldest, forgotten] = this.#ids.entries().next().value!
      this.#ids.delete(oldest)
      if (forgotten > this.#floor) this.#floor = forgotten
    }
    this.#ids.set(key, id)
    return true
  }
}

function keyOf(account: number, sensor: string): string {
  return `${account} ${sensor}`
}

/**
 * The highest event id of each sensor. Ids are UUIDv7 and a sensor's rise, so what is above its highest was never seen:
 * no look-up is needed. Memory is bounded: what is forgotten raises a floor under all sensors that are not known.
 */

export interface HighestId {
  readonly account: number
  readonly sensor: string
  readonly id: string
}

export class HighestIds {
  readonly #ids = new Map<string, string>()
  readonly #maxSensors: number
  #floor = ""

  constructor(maxSensors = 100_000) {
    this.#maxSensors = maxSensors
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

/** Who waits for a record to be readable. */
interface Waiter {
  readonly record: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class RecordWaiters {
  readonly #waiters = new Set<Waiter>()

  get size(): number {
    return this.#waiters.size
  }

  /** Resolves when records before `record` are readable or `signal` aborts; rejects on {@link close}. */
  add(record: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const settle = () => {
        this.#waiters.delete(waiter)
        signal?.removeEventListener("abort", onAbort)
      }
      const onAbort = () => {
        settle()
        resolve()
      }
      const waiter: Waiter = {
        record,
        resolve: onAbort,
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      signal?.addEventListener("abort", onAbort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  /** Wakes those for whom `nextRecord` is far enough. */
  wake(nextRecord: number): void {
    for (const waiter of this.#waiters) if (waiter.record <= nextRecord) waiter.resolve()
  }

  close(): void {
    for (const waiter of this.#waiters) waiter.reject(new Error("the journal is closed"))
  }
}

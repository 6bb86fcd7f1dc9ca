/** One chDB session runs one statement at a time: this queues them, in order. */
import type { Session } from "chdb"

export class StatementQueue {
  readonly session: Session
  #tail: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(session: Session) {
    this.session = session
  }

  /** Statements that run or wait. */
  get depth(): number {
    return this.#waiting
  }

  /** Runs `work` alone on the session. Its failure is the caller's alone. */
  run<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    this.#waiting++
    const result = this.#tail.then(() => work(this.session))
    const settle = () => {
      this.#waiting--
    }
    this.#tail = result.then(settle, settle)
    return result
  }

  async drained(): Promise<void> {
    await this.#tail
  }
}

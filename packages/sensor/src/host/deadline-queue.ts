/** Timers of all sessions on one of Node's: a binary heap by due time, with removal. */

export interface Deadline {
  readonly dueMs: number
  readonly run: () => void
  /** Place in the heap; -1 once it ran or was removed. */
  index: number
}

export class DeadlineQueue {
  private readonly heap: Deadline[] = []
  private readonly nowMs: () => number
  private armed: NodeJS.Timeout | undefined
  private armedForMs = 0

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  get size(): number {
    return this.heap.length
  }

  /** Calls `run` once after `afterMs` milliseconds. `run` must not throw. */
  add(afterMs: number, run: () => void): Deadline {
    const deadline: Deadline = { dueMs: this.nowMs() + afterMs, run, index: this.heap.length }
    this.heap.push(deadline)
    this.up(deadline)
    this.arm()
    return deadline
  }

  /** Does nothing where it ran or was removed already. */
  remove(deadline: Deadline): void {
    const { index } = deadline
    if (index < 0) return
    deadline.index = -1
    const last = this.heap.pop()!
    if (last === deadline) return
    last.index = index
    this.heap[index] = last
    this.up(last)
    this.down(last)
  }

  close(): void {
    clearTimeout(this.armed)
    this.armed = undefined
    for (const deadline of this.heap) deadline.index = -1
    this.heap.length = 0
  }

  private arm(): void {
    const first = this.heap[0]
    if (first === undefined) return
    if (this.armed !== undefined) {
      if (this.armedForMs <= first.dueMs) return
      clearTimeout(this.armed)
    }
    this.armedForMs = first.dueMs
    this.armed = setTimeout(() => this.fire(), Math.max(1, Math.ceil(first.dueMs - this.nowMs()))).unref()
  }

  private fire(): void {
    this.armed = undefined
    const now = this.nowMs()
    for (let first = this.heap[0]; first !== undefined && first.dueMs <= now; first = this.heap[0]) {
      this.remove(first)
      first.run()
    }
    this.arm()
  }

  private up(deadline: Deadline): void {
    while (deadline.index > 0) {
      const parent = this.heap[(deadline.index - 1) >> 1]!
      if (parent.dueMs <= deadline.dueMs) return
      this.swap(parent, deadline)
    }
  }

  private down(deadline: Deadline): void {
    for (;;) {
      const left = this.heap[deadline.index * 2 + 1]
      if (left === undefined) return
      const right = this.heap[deadline.index * 2 + 2]
      const least = right !== undefined && right.dueMs < left.dueMs ? right : left
      if (least.dueMs >= deadline.dueMs) return
      this.swap(deadline, least)
    }
  }

  private swap(parent: Deadline, child: Deadline): void {
    const index = parent.index
    this.heap[child.index] = parent
    this.heap[index] = child
    parent.index = child.index
    child.index = index
  }
}

import fc from "fast-check"
import { expect, it } from "vitest"
import { type Deadline, DeadlineQueue } from "./deadline-queue.ts"
import { until } from "./host-fixture.ts"

it("runs what is due in order, and nothing that was removed", async () => {
  const queue = new DeadlineQueue(() => performance.now())
  const ran: number[] = []
  const waits = [30, 5, 20, 5, 12, 1]
  const removed = queue.add(8, () => ran.push(8))
  for (const wait of waits) queue.add(wait, () => ran.push(wait))
  queue.remove(removed)
  queue.remove(removed)
  await until(() => ran.length === waits.length)
  expect(ran).toEqual([1, 5, 5, 12, 20, 30])
  expect(queue.size).toBe(0)
  queue.close()
})

it("keeps its order under any additions and removals", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ wait: fc.nat(1_000), remove: fc.boolean() })), (steps) => {
      const queue = new DeadlineQueue(() => 0)
      const live: Deadline[] = []
      for (const { wait, remove } of steps) {
        if (remove && live.length > 0) queue.remove(live.splice(wait % live.length, 1)[0]!)
        else live.push(queue.add(wait, () => {}))
        expect(queue.size).toBe(live.length)
        const places = live.map((deadline) => deadline.index).sort((a, b) => a - b)
        expect(places).toEqual(live.map((_, i) => i))
        const first = live.find((deadline) => deadline.index === 0)
        if (first !== undefined) expect(first.dueMs).toBe(Math.min(...live.map((deadline) => deadline.dueMs)))
      }
      queue.close()
    }),
  )
})

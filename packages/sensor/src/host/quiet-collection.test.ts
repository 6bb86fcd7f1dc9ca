import { describe, expect, it } from "vitest"
import { QuietCollection } from "./quiet-collection.ts"

function watched() {
  let collections = 0
  const collection = new QuietCollection(() => collections++)
  return { look: collection.look.bind(collection), count: () => collections }
}

describe("the collection in the quiet after a flood", () => {
  it("comes once, after a few quiet looks", () => {
    const { look, count } = watched()
    look(2_000, 10)
    look(0, 20)
    look(0, 30)
    expect(count()).toBe(0)
    for (let i = 0; i < 10; i++) look(0, 40)
    expect(count()).toBe(1)
  })

  it("waits while others are served", () => {
    const { look, count } = watched()
    look(2_000, 0)
    for (let i = 1; i < 20; i++) look(60, i)
    expect(count()).toBe(0)
  })

  it("also follows many bytes of few sessions", () => {
    const { look, count } = watched()
    for (let i = 1; i <= 20; i++) look(1, i * 4 * 1024 * 1024)
    for (let i = 0; i < 3; i++) look(1, 80 * 1024 * 1024)
    expect(count()).toBe(1)
  })

  it("never comes without a flood", () => {
    const { look, count } = watched()
    for (let i = 0; i < 100; i++) look(3, i * 1_000)
    expect(count()).toBe(0)
  })

  it("really collects", async () => {
    const garbage = new WeakRef(new Uint8Array(1_000_000))
    // A weak reference is held until the end of the turn that made it.
    await new Promise((resolve) => setImmediate(resolve))
    const collection = new QuietCollection()
    collection.look(1_000, 0)
    for (let i = 0; i < 5; i++) collection.look(0, 0)
    expect(garbage.deref()).toBeUndefined()
  })
})

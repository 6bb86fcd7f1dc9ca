import type { Batch, DeliveryReport, LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { type EventFilter, filterLogHandler } from "./filter.ts"

const never = new AbortController().signal

async function openFiltered(filter: EventFilter, report?: (batch: Batch) => DeliveryReport | undefined) {
  const got: Batch[] = []
  const handler: LogHandler = {
    name: "keeps",
    title: "Keeps batches",
    options: z.unknown(),
    batch: { maxEvents: 100, maxBytes: 1_000_000, maxWaitMs: 5 },
    open: async () => ({
      async deliver(batch) {
        got.push(batch)
        return report?.(batch)
      },
      close: async () => {},
    }),
  }
  const ports = { now: Date.now, log: () => {}, sensor: "s", dataDir: "" }
  return { got, open: await filterLogHandler(handler, filter).open({}, ports) }
}

describe("the filter", () => {
  it("lets pass what fits only and not except, byte for byte, in order", async () => {
    const { got, open } = await openFiltered({
      only: { services: ["Telnet"] },
      except: [{ events: ["TX"] }, { sources: ["2001:db8::/32"] }],
    })
    const events = oddEvents(0, 40)
    const report = await open.deliver(batchOf(7, events), never)
    const expected = events.filter(
      (event) => event.service === "Telnet" && event.event !== "TX" && event.remoteHost !== "2001:db8::7",
    )
    expect(expected.length).toBeGreaterThan(5)
    expect(got).toHaveLength(1)
    expect(got[0]!.number).toBe(7)
    expect(got[0]!.events).toEqual(expected)
    expect(Buffer.from(got[0]!.ndjson).equals(batchOf(7, expected).ndjson)).toBe(true)
    expect(report).toEqual({ skipped: 40 - expected.length })
  })

  it("hands on the batch itself where everything passes", async () => {
    const { got, open } = await openFiltered({ only: { protocols: ["TCP", "UDP"] } })
    const batch = batchOf(1, oddEvents(0, 10))
    await open.deliver(batch, never)
    expect(got[0]).toBe(batch)
  })

  it("does not deliver a batch of which nothing passes", async () => {
    const { got, open } = await openFiltered({ only: { services: ["None"] } })
    expect(await open.deliver(batchOf(1, oddEvents(0, 10)), never)).toEqual({ skipped: 10 })
    expect(got).toEqual([])
  })

  it("tells refused events by their place in the whole batch", async () => {
    const { open } = await openFiltered({ only: { events: ["RX"] } }, (batch) => ({
      rejected: [
        { index: 0, reason: "a" },
        { index: batch.count - 1, reason: "b" },
        { index: batch.count, reason: "not there" },
      ],
    }))
    const events = oddEvents(0, 20)
    const rx = events.flatMap((event, index) => (event.event === "RX" ? [index] : []))
    const report = await open.deliver(batchOf(1, events), never)
    expect(report).toEqual({
      skipped: 20 - rx.length,
      rejected: [
        { index: rx[0], reason: "a" },
        { index: rx.at(-1), reason: "b" },
      ],
    })
  })

  it("gives the same batch again when it is tried again", async () => {
    let tries = 0
    const { got, open } = await openFiltered({ only: { events: ["RX"] } }, () => {
      if (++tries < 3) throw new Error("not yet")
      return undefined
    })
    const batch = batchOf(1, oddEvents(0, 20))
    await expect(open.deliver(batch, never)).rejects.toThrow("not yet")
    await expect(open.deliver(batch, never)).rejects.toThrow("not yet")
    await open.deliver(batch, never)
    expect(got[1]).toBe(got[0])
    expect(got[2]).toBe(got[0])
  })
})

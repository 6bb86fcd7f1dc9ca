/** A real store and journal in a temporary folder, and accepted events for them. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { encodeEvent, type SensorEvent } from "@propolis/core"
import { type Journal, openJournal } from "@propolis/journal"
import type { AcceptedEvent } from "../accepted-event.ts"
import type { Store } from "./driver.ts"
import { openStore } from "./open-store.ts"

export interface StoreFixture {
  readonly dir: string
  readonly lines: string[]
  store: Store
  journal: Journal
  /** Closes both and opens them again. */
  reopen(): Promise<void>
  remove(): Promise<void>
}

export async function storeFixture(): Promise<StoreFixture> {
  const dir = await mkdtemp(join(tmpdir(), "propolis-store-"))
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const open = async () => ({
    store: await openStore({ dir: join(dir, "store"), log, readers: 2 }),
    journal: await openJournal({ dir: join(dir, "journal"), log }),
  })
  const close = async () => {
    await fixture.store.close()
    await fixture.journal.close()
  }
  const fixture: StoreFixture = {
    dir,
    lines,
    ...(await open()),
    async reopen() {
      await close()
      Object.assign(fixture, await open())
    },
    async remove() {
      await close()
      await rm(dir, { recursive: true, force: true })
    },
  }
  return fixture
}

export function accepted(event: SensorEvent, more: Partial<AcceptedEvent> = {}): AcceptedEvent {
  const wire = JSON.parse(encodeEvent(event)) as AcceptedEvent
  const asn = 64_496 + (event.remoteHost.length % 3)
  return { ...wire, received: event.time + 50, account: 1, country: "NL", asn, asName: `AS ${asn}`, ...more }
}

/** Appends events to the journal as one block. */
export async function journalEvents(journal: Journal, events: readonly AcceptedEvent[]): Promise<void> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("")
  await journal.appendDurable(new TextEncoder().encode(lines), events.length)
}

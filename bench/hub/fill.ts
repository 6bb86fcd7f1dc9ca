/** Fills a store with generated events: the rows that the loader would write, inserted the way that it inserts. */
import { writeFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { type GeneratorOptions, generateEvents } from "@propolis/testkit"
import type { Store } from "../../packages/hub/src/store/driver.ts"
import { RowEncoder } from "../../packages/hub/src/store/load/row-encoder.ts"
import { eventColumns } from "../../packages/hub/src/store/schema/events.ts"
import { acceptedEvent } from "./accepted.ts"

const dayMs = 86_400_000
const rowsPerInsert = 100_000

/** Resolves to the seconds that it took. */
export async function fillStore(
  store: Store,
  options: GeneratorOptions,
  log: (text: string) => void,
): Promise<number> {
  const started = performance.now()
  const file = join(store.dir, "fill.rows")
  const encoder = new RowEncoder(32 * 1024 * 1024)
  let sequence = 0
  let day = -1
  const flush = async () => {
    if (encoder.rows === 0) return
    writeFileSync(file, encoder.bytes())
    await store.insert({ table: "events", columns: eventColumns, file, token: `fill-${sequence}` })
    encoder.reset()
    if (sequence % 1_000_000 < rowsPerInsert) {
      log(`${sequence} events, ${Math.round(sequence / ((performance.now() - started) / 1000))}/s`)
    }
  }
  for (const event of generateEvents(options)) {
    const eventDay = Math.floor(event.time / dayMs)
    if (eventDay !== day || encoder.rows >= rowsPerInsert) {
      // A session that crosses midnight goes back and forth a few times; that is a few small inserts.
      await flush()
      day = eventDay
    }
    sequence++
    encoder.add(acceptedEvent(event, event.time + 200), sequence, event.time)
  }
  await flush()
  await rm(file, { force: true })
  return (performance.now() - started) / 1000
}

/**
 * The filter between pipeline and log handler. It wraps the handler, so that a handler without a filter runs
 * exactly as if filters did not exist.
 */
import {
  type Batch,
  compileEventRules,
  type DeliveryReport,
  type EventRules,
  type LogHandler,
  type OpenLogHandler,
  type SensorEvent,
} from "@propolis/core"

/** An event passes where it fits a rule of `only` (if there is one) and none of `except`. */
export interface EventFilter {
  readonly only?: EventRules | undefined
  readonly except?: EventRules | undefined
}

export function compileFilter(filter: EventFilter): (event: SensorEvent) => boolean {
  const wanted = filter.only === undefined ? undefined : compileEventRules(filter.only)
  const unwanted = filter.except === undefined ? undefined : compileEventRules(filter.except)
  return (event) => wanted?.(event) !== false && unwanted?.(event) !== true
}

/** The same log handler, which gets only the events that pass. */
export function filterLogHandler(handler: LogHandler, filter: EventFilter): LogHandler {
  const passes = compileFilter(filter)
  return {
    ...handler,
    open: async (options, ports) => filterOpenHandler(await handler.open(options, ports), passes),
  }
}

function filterOpenHandler(inner: OpenLogHandler, passes: (event: SensorEvent) => boolean): OpenLogHandler {
  // A batch that is tried again is the same to the handler, which may remember how far it came.
  let last: { readonly batch: Batch; readonly part: FilteredBatch | undefined } | undefined
  return {
    async deliver(batch, signal) {
      if (last?.batch !== batch) last = { batch, part: filterBatch(batch, passes) }
      const { part } = last
      if (part === undefined) return inner.deliver(batch, signal)
      if (part.count === 0) return { skipped: batch.count }
      const report = await inner.deliver(part, signal)
      return translate(report, part, batch.count)
    },
    ...(inner.probe === undefined ? {} : { probe: (signal: AbortSignal) => inner.probe!(signal) }),
    close: () => inner.close(),
  }
}

function translate(
  report: DeliveryReport | undefined,
  part: FilteredBatch,
  count: number,
): DeliveryReport | undefined {
  const rejected = report?.rejected?.flatMap(({ index, reason }) => {
    const original = part.indexes[index]
    return original === undefined ? [] : [{ index: original, reason }]
  })
  const skipped = count - part.count + (report?.skipped ?? 0)
  return { ...report, skipped, ...(rejected === undefined ? {} : { rejected }) }
}

class FilteredBatch implements Batch {
  readonly number: number
  readonly count: number
  readonly ndjson: Uint8Array
  /** Where each event stood in the whole batch. */
  readonly indexes: readonly number[]
  readonly #whole: Batch
  #events: readonly SensorEvent[] | undefined

  constructor(whole: Batch, indexes: readonly number[]) {
    this.#whole = whole
    this.number = whole.number
    this.count = indexes.length
    this.indexes = indexes
    this.ndjson = linesAt(whole.ndjson, indexes)
  }

  get events(): readonly SensorEvent[] {
    this.#events ??= this.indexes.map((index) => this.#whole.events[index]!)
    return this.#events
  }
}

/** `undefined` where all events pass: the batch itself is delivered then. */
function filterBatch(batch: Batch, passes: (event: SensorEvent) => boolean): FilteredBatch | undefined {
  const indexes: number[] = []
  for (const [index, event] of batch.events.entries()) if (passes(event)) indexes.push(index)
  return indexes.length === batch.count ? undefined : new FilteredBatch(batch, indexes)
}

/** The lines at some rising indexes, byte for byte. */
function linesAt(ndjson: Uint8Array, indexes: readonly number[]): Uint8Array {
  const kept = new Uint8Array(ndjson.length)
  let length = 0
  let line = 0
  let start = 0
  for (const index of indexes) {
    while (line < index) {
      start = ndjson.indexOf(0x0a, start) + 1
      line++
    }
    const end = ndjson.indexOf(0x0a, start) + 1
    kept.set(ndjson.subarray(start, end), length)
    length += end - start
    start = end
    line++
  }
  return kept.subarray(0, length)
}

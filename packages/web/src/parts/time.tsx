import { useSyncExternalStore } from "react"
import { formatAgo, formatClock, formatDateTime } from "./format.ts"

// One clock for all relative times of a page.
const listeners = new Set<() => void>()
let nowMs = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  nowMs = Date.now()
  timer ??= setInterval(() => {
    nowMs = Date.now()
    for (const each of listeners) each()
  }, 10_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** `3m ago`, the exact time on hover and for machines. */
export function Ago({ timeMs }: { timeMs: number }) {
  const now = useSyncExternalStore(subscribe, () => nowMs)
  return <Time timeMs={timeMs} text={formatAgo(timeMs, Math.max(now, timeMs))} />
}

export function DateTime({ timeMs }: { timeMs: number }) {
  return <Time timeMs={timeMs} text={formatDateTime(timeMs)} />
}

export function Clock({ timeMs }: { timeMs: number }) {
  return <Time timeMs={timeMs} text={formatClock(timeMs)} />
}

function Time({ timeMs, text }: { timeMs: number; text: string }) {
  const iso = new Date(timeMs).toISOString()
  return (
    <time dateTime={iso} title={iso} className="time">
      {text}
    </time>
  )
}

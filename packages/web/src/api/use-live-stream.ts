import { useEffect, useMemo, useState, useSyncExternalStore } from "react"
import { type LiveFilter, type LiveSnapshot, LiveStream } from "./live-stream.ts"

/** The live stream of a filter; another filter is another stream. */
export function useLiveStream(
  filter: LiveFilter,
  maxEntries: number,
): { stream: LiveStream; snapshot: LiveSnapshot } {
  const { service, remoteHost } = filter
  const stream = useMemo(
    () => new LiveStream({ service, remoteHost }, maxEntries),
    [service, remoteHost, maxEntries],
  )
  const snapshot = useSyncExternalStore(stream.subscribe, stream.getSnapshot)
  return { stream, snapshot }
}

/** Whether the tab is in front. A stream in a hidden tab holds one of the browser's few connections for nobody. */
export function usePageVisible(): boolean {
  const [visible, setVisible] = useState(() => document.visibilityState === "visible")
  useEffect(() => {
    const update = () => setVisible(document.visibilityState === "visible")
    document.addEventListener("visibilitychange", update)
    return () => document.removeEventListener("visibilitychange", update)
  }, [])
  return visible
}

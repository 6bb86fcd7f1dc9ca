import type { StreamState } from "../api/live-stream.ts"

const words: Readonly<Record<StreamState, string>> = {
  connecting: "Connecting",
  open: "Live",
  retrying: "Reconnecting",
  closed: "Not connected",
}

export function StreamStateTag({ state, paused = false }: { state: StreamState; paused?: boolean }) {
  return (
    <span className="tag" role="status" data-tone={state === "open" && !paused ? "good" : "warn"}>
      {state === "open" && paused ? "Paused" : words[state]}
    </span>
  )
}

import { Button, TextInput } from "@mantine/core"
import { useDebouncedCallback } from "@mantine/hooks"
import { getRouteApi } from "@tanstack/react-router"
import { useMemo, useState } from "react"
import type { LiveEntry } from "../api/live-stream.ts"
import { useLiveStream } from "../api/use-live-stream.ts"
import { bytesFromBase64 } from "../hostile/hexdump.ts"
import { escapeBytes } from "../hostile/reveal.ts"
import { EmptyState } from "../parts/empty-state.tsx"
import { addressOf, formatCount } from "../parts/format.ts"
import { IconPause, IconPlay, IconTrash } from "../parts/icons.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"
import { StreamStateTag } from "../parts/stream-state.tsx"
import { LiveTable } from "./live-table.tsx"

const route = getRouteApi("/live")
const maxEntries = 300

export function LivePage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { stream, snapshot } = useLiveStream({ service: search.service, remoteHost: search.host }, maxEntries)
  const [fields, setFields] = useState({
    service: search.service ?? "",
    host: search.host ?? "",
    find: search.find ?? "",
  })
  const apply = useDebouncedCallback((wanted: typeof fields) => {
    const host = wanted.host === "" ? undefined : addressOf(wanted.host)
    void navigate({
      replace: true,
      search: {
        ...(wanted.service.trim() === "" ? {} : { service: wanted.service.trim() }),
        ...(host === undefined ? {} : { host }),
        ...(wanted.find === "" ? {} : { find: wanted.find }),
      },
    })
  }, 350)
  const change = (name: keyof typeof fields, value: string) => {
    const next = { ...fields, [name]: value }
    setFields(next)
    apply(next)
  }
  const find = search.find?.toLowerCase() ?? ""
  const shown = useMemo(
    () => (find === "" ? snapshot.entries : snapshot.entries.filter((entry) => contains(entry, find))),
    [snapshot.entries, find],
  )
  const { paused, skipped, received, state } = snapshot
  return (
    <>
      <PageHeader
        documentTitle="Live"
        title="Live"
        lead="Every event as the hub accepts it. The list keeps the newest 300."
      />
      <div className="stack">
        <Panel title="Filter">
          <div className="live-filters">
            <TextInput
              label="Service"
              placeholder="Telnet"
              value={fields.service}
              maxLength={64}
              onChange={(event) => change("service", event.currentTarget.value)}
            />
            <TextInput
              label="Host"
              placeholder="192.0.2.7"
              value={fields.host}
              maxLength={64}
              error={
                fields.host !== "" && addressOf(fields.host) === undefined ? "Not an address yet" : undefined
              }
              onChange={(event) => change("host", event.currentTarget.value)}
            />
            <TextInput
              label="Content contains"
              placeholder="wget"
              value={fields.find}
              maxLength={200}
              onChange={(event) => change("find", event.currentTarget.value)}
            />
            <div className="live-buttons">
              <Button
                variant={paused ? "filled" : "default"}
                leftSection={paused ? <IconPlay size={16} /> : <IconPause size={16} />}
                onClick={() => stream.setPaused(!paused)}
              >
                {paused ? "Resume" : "Pause"}
              </Button>
              <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => stream.clear()}>
                Clear
              </Button>
            </div>
          </div>
        </Panel>
        <Panel
          title="Events"
          flush
          actions={
            <div className="live-status small soft">
              {paused && <strong>{formatCount(skipped)} skipped since the pause</strong>}
              <span>{formatCount(received)} arrived</span>
              <StreamStateTag state={state} paused={paused} />
            </div>
          }
        >
          {shown.length > 0 ? (
            <LiveTable entries={shown} />
          ) : find !== "" && snapshot.entries.length > 0 ? (
            <EmptyState title="None of the events here contains this">
              The newest {formatCount(snapshot.entries.length)} events are searched as they arrive.
            </EmptyState>
          ) : (
            <EmptyState
              title={
                state === "closed" ? "The stream is refused or the hub is away" : "Waiting for the next event"
              }
              attackable={state !== "closed"}
            >
              {state === "closed" ? "It is tried again every few seconds." : undefined}
            </EmptyState>
          )}
        </Panel>
      </div>
    </>
  )
}

function contains(entry: LiveEntry, find: string): boolean {
  if (entry.kind === "gap") return true
  const { event } = entry
  if (Object.values(event.attributes).some((value) => value.toLowerCase().includes(find))) return true
  return escapeBytes(bytesFromBase64(event.data)).toLowerCase().includes(find)
}

import { Button } from "@mantine/core"
import type { ApiKeyCreated } from "@propolis/core"
import { useEffect, useRef } from "react"
import { CopyButton } from "../parts/copy-button.tsx"
import { Panel } from "../parts/panel.tsx"

interface CreatedKeyProps {
  created: ApiKeyCreated
  onClose: () => void
}

/** A fresh key, this once: the hub keeps only its hash. */
export function CreatedKey({ created, onClose }: CreatedKeyProps) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.focus(), [])
  const block = created.kind === "sensor" ? sensorBlock(created) : requestHeaders(created)
  return (
    <div ref={box} tabIndex={-1} className="created-key">
      <Panel
        title="Your new key"
        note="It is shown this once. The hub keeps only its hash."
        actions={
          <Button variant="default" size="xs" onClick={onClose}>
            I have it
          </Button>
        }
      >
        <div className="form">
          <div className="secret">
            <code>{created.key}</code>
            <CopyButton label="Copy key" value={() => created.key} />
          </div>
          <p>
            {created.kind === "sensor"
              ? "Put this into the configuration of the sensor, under its log handlers:"
              : "Programs send it with these headers:"}
          </p>
          <div className="secret">
            <pre>{block}</pre>
            <CopyButton label="Copy block" value={() => block} />
          </div>
        </div>
      </Panel>
    </div>
  )
}

/** The `hub` log handler of a sensor's configuration. */
function sensorBlock({ apiId, key }: ApiKeyCreated): string {
  return [
    "handlers:",
    "  hub:",
    "    options:",
    `      url: ${location.origin}`,
    `      apiId: ${apiId}`,
    `      apiKey: ${key}`,
    "",
  ].join("\n")
}

function requestHeaders({ apiId, key }: ApiKeyCreated): string {
  return [`X-HoneyDb-ApiId: ${apiId}`, `X-HoneyDb-ApiKey: ${key}`, ""].join("\n")
}

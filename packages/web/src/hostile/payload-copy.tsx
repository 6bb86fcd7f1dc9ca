import type { StoredEvent } from "@propolis/core"
import { CopyButton } from "../parts/copy-button.tsx"
import { bytesFromBase64, hexdump } from "./hexdump.ts"
import { escapeBytes } from "./reveal.ts"

/** A payload for the clipboard, never raw: a pasted control character could run a command. */
export function PayloadCopy({ event, label }: { event: StoredEvent; label: string }) {
  const look = { variant: "subtle", color: "gray", size: "compact-xs", className: "quiet-button" } as const
  return (
    <span className="payload-copy">
      <span className="small soft" aria-hidden="true">
        Copy
      </span>
      <CopyButton
        {...look}
        bare
        label="text"
        aria-label={`Copy text of ${label}, escaped`}
        value={() => escapeBytes(bytesFromBase64(event.data))}
      />
      <CopyButton
        {...look}
        bare
        label="hex"
        aria-label={`Copy hex dump of ${label}`}
        value={() => hexdump(bytesFromBase64(event.data))}
      />
      <CopyButton
        {...look}
        bare
        label="base64"
        aria-label={`Copy base64 of ${label}`}
        value={() => event.data}
      />
      {event.sha256 !== "" && (
        <CopyButton
          {...look}
          bare
          label="SHA-256"
          aria-label={`Copy SHA-256 of ${label}`}
          value={() => event.sha256}
        />
      )}
    </span>
  )
}

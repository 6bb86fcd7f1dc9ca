import { Button, SegmentedControl } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useMemo, useState } from "react"
import { CopyButton } from "../parts/copy-button.tsx"
import { formatBytes } from "../parts/format.ts"
import { ScrollRegion } from "../parts/scroll-region.tsx"
import { bytesFromBase64, hexdump } from "./hexdump.ts"
import { escapeBytes } from "./reveal.ts"
import { RevealedBytes } from "./revealed-text.tsx"

type View = "both" | "text" | "hex"
const firstShownBytes = 2_048

/** A payload as text and as hexdump. Starts with its first 2 KiB; the rest on demand. */
export function PayloadView({ data, bytes, label }: { data: string; bytes: number; label: string }) {
  const wide = useMediaQuery("(min-width: 1100px)", true, { getInitialValueInEffect: false })
  const roomy = useMediaQuery("(min-width: 700px)", true, { getInitialValueInEffect: false })
  const [chosen, setChosen] = useState<View | null>(null)
  const [whole, setWhole] = useState(false)
  const all = useMemo(() => bytesFromBase64(data), [data])
  const shown = useMemo(() => (whole ? all : all.subarray(0, firstShownBytes)), [all, whole])
  const view = chosen === "both" && !wide ? "text" : (chosen ?? (wide ? "both" : "text"))
  const views = [
    ...(wide ? [{ value: "both", label: "Both" }] : []),
    { value: "text", label: "Text" },
    { value: "hex", label: "Hex" },
  ]
  return (
    <div className="payload">
      <div className="payload-bar">
        <SegmentedControl
          size="xs"
          aria-label={`Show the payload of ${label} as`}
          data={views}
          value={view}
          onChange={(value) => setChosen(value as View)}
        />
        <CopyButton label="Copy text" value={() => escapeBytes(all)} />
        <CopyButton label="Copy hex" value={() => hexdump(all)} />
        <CopyButton label="Copy base64" value={() => data} />
      </div>
      <div className="payload-views" data-both={view === "both" || undefined}>
        {view !== "hex" && (
          <ScrollRegion className="payload-view" label={`Payload of ${label} as text`}>
            <pre className="payload-text">
              <RevealedBytes bytes={shown} breaks />
            </pre>
          </ScrollRegion>
        )}
        {view !== "text" && (
          <ScrollRegion className="payload-view" label={`Payload of ${label} as hexdump`}>
            <pre className="payload-hex">{hexdump(shown, roomy ? 16 : 8)}</pre>
          </ScrollRegion>
        )}
      </div>
      {shown.length < all.length && (
        <div>
          <Button variant="default" size="xs" onClick={() => setWhole(true)}>
            Show all {formatBytes(all.length)}
          </Button>
        </div>
      )}
      {all.length < bytes && (
        <p className="small soft">
          The record keeps the first {formatBytes(all.length)} of {formatBytes(bytes)}.
        </p>
      )}
    </div>
  )
}

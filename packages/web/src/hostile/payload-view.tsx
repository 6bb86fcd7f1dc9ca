import { Button } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useMemo, useState } from "react"
import { formatBytes } from "../parts/format.ts"
import { ScrollRegion } from "../parts/scroll-region.tsx"
import { bytesFromBase64, hexdump } from "./hexdump.ts"
import { RevealedBytes } from "./revealed-text.tsx"

export type PayloadMode = "both" | "text" | "hex"
const firstShownBytes = 2_048

interface PayloadViewProps {
  /** Base64. */
  data: string
  /** True size; the record may keep less. */
  bytes: number
  mode: PayloadMode
  label: string
}

/** A payload as text and as hexdump. Starts with its first 2 KiB; the rest on demand. */
export function PayloadView({ data, bytes, mode, label }: PayloadViewProps) {
  const roomy = useMediaQuery("(min-width: 700px)", true, { getInitialValueInEffect: false })
  const [whole, setWhole] = useState(false)
  const all = useMemo(() => bytesFromBase64(data), [data])
  const shown = useMemo(() => (whole ? all : all.subarray(0, firstShownBytes)), [all, whole])
  return (
    <div className="payload">
      <div className="payload-views" data-both={mode === "both" || undefined}>
        {mode !== "hex" && (
          <ScrollRegion className="payload-view" label={`Payload of ${label} as text`}>
            <pre className="payload-text">
              <RevealedBytes bytes={shown} breaks />
            </pre>
          </ScrollRegion>
        )}
        {mode !== "text" && (
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

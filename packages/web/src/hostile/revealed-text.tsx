import "./hostile.css"
import { useMemo } from "react"
import { type Piece, revealBytes, revealText } from "./reveal.ts"

const common = new Set(["\\n", "\\r", "\\t"])

function Pieces({ pieces, breaks }: { pieces: readonly Piece[]; breaks: boolean }) {
  let at = 0
  return pieces.map((piece) => {
    const key = at
    at += piece.text.length
    if (piece.kind === "text") return piece.text
    return (
      <span key={key}>
        <span className="revealed-mark" data-common={common.has(piece.text) || undefined} title={piece.title}>
          {piece.count > 1 ? `${piece.text}×${piece.count}` : piece.text}
        </span>
        {piece.kind === "break" && breaks ? "\n" : ""}
      </span>
    )
  })
}

/** A text that somebody outside chose, on one line: isolated from the text around it, nothing in it obeyed. */
export function Revealed({ text, maxLength = 512 }: { text: string; maxLength?: number }) {
  const pieces = useMemo(() => revealText(text.slice(0, maxLength)), [text, maxLength])
  return (
    <bdi className="revealed">
      <Pieces pieces={pieces} breaks={false} />
      {text.length > maxLength ? "…" : ""}
    </bdi>
  )
}

/** Payload bytes as text; line feeds are shown and followed when `breaks` is set. */
export function RevealedBytes({ bytes, breaks = false }: { bytes: Uint8Array; breaks?: boolean }) {
  const pieces = useMemo(() => revealBytes(bytes), [bytes])
  return (
    <bdi className="revealed">
      <Pieces pieces={pieces} breaks={breaks} />
    </bdi>
  )
}

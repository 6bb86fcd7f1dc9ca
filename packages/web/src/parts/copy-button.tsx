import { Button, type ButtonProps } from "@mantine/core"
import { useEffect, useState } from "react"
import { IconCheck, IconCopy } from "./icons.tsx"

/** The clipboard API exists only on secure origins; a hub in a private network often has none. */
async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
  }
  const area = document.createElement("textarea")
  area.value = text
  area.style.position = "fixed"
  area.style.opacity = "0"
  document.body.append(area)
  area.select()
  const done = document.execCommand("copy")
  area.remove()
  return done
}

interface CopyButtonProps extends ButtonProps {
  label: string
  /** Made when it is needed. */
  value: () => string
  /** Without the icon, among others of its kind. */
  bare?: boolean
}

export function CopyButton({ label, value, bare = false, ...props }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"idle" | "copied" | "failed">("idle")
  useEffect(() => {
    if (outcome === "idle") return
    const timer = setTimeout(() => setOutcome("idle"), 1_600)
    return () => clearTimeout(timer)
  }, [outcome])
  const text = outcome === "copied" ? "Copied" : outcome === "failed" ? "Not allowed" : label
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={bare ? undefined : outcome === "copied" ? <IconCheck size={14} /> : <IconCopy size={14} />}
      onClick={async () => setOutcome((await copyText(value())) ? "copied" : "failed")}
      {...props}
    >
      <span aria-live="polite">{text}</span>
    </Button>
  )
}

import type { ReactNode } from "react"
import "./parts.css"

/** A box that scrolls by itself, reachable and named, so that a keyboard can scroll it too (WCAG 2.1.1). */
export function ScrollRegion({
  label,
  className,
  children,
}: {
  label: string
  className: string
  children: ReactNode
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: this is what makes the box scrollable without a mouse
    <section className={className} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}

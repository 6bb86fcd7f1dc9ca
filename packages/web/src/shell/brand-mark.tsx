/** A cell of the comb, sealed with a drop of resin. */
export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        d="M16 2.6 27.6 9.3v13.4L16 29.4 4.4 22.7V9.3z"
        fill="none"
        stroke="var(--mark)"
        strokeWidth="2.4"
        strokeLinejoin="round"
      />
      <path
        d="M16 8.6c2.9 3.6 4.9 6.2 4.9 9a4.9 4.9 0 0 1-9.8 0c0-2.8 2-5.4 4.9-9z"
        fill="var(--mark-fill)"
      />
    </svg>
  )
}

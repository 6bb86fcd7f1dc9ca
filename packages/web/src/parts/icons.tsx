import type { ReactNode } from "react"

interface IconProps {
  size?: number
}

/** Drawn for this site: one stroke width, 24 units, decorative (the words beside them carry the meaning). */
function draw(size: number, shape: ReactNode) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {shape}
    </svg>
  )
}

export const IconSearch = ({ size = 18 }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="11" cy="11" r="6.5" />
      <path d="m16 16 4.5 4.5" />
    </>,
  )
export const IconSun = ({ size = 18 }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 3v1.6M12 19.4V21M3 12h1.6M19.4 12H21M5.6 5.6l1.2 1.2M17.2 17.2l1.2 1.2M5.6 18.4l1.2-1.2M17.2 6.8l1.2-1.2" />
    </>,
  )
export const IconMoon = ({ size = 18 }: IconProps) =>
  draw(size, <path d="M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2z" />)
export const IconCopy = ({ size = 18 }: IconProps) =>
  draw(
    size,
    <>
      <rect x="9" y="9" width="11" height="11" rx="2" />
      <path d="M15 9V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h3" />
    </>,
  )
export const IconCheck = ({ size = 18 }: IconProps) => draw(size, <path d="m5 12.5 4.5 4.5L19 7.5" />)
export const IconPause = ({ size = 18 }: IconProps) => draw(size, <path d="M9 5.5v13M15 5.5v13" />)
export const IconPlay = ({ size = 18 }: IconProps) => draw(size, <path d="M8 5.5v13l10.5-6.5z" />)
export const IconMenu = ({ size = 18 }: IconProps) => draw(size, <path d="M4 7h16M4 12h16M4 17h16" />)
export const IconClose = ({ size = 18 }: IconProps) => draw(size, <path d="m6 6 12 12M18 6 6 18" />)
export const IconArrowRight = ({ size = 18 }: IconProps) =>
  draw(size, <path d="M5 12h14m-5.5-5.5L19 12l-5.5 5.5" />)
export const IconArrowLeft = ({ size = 18 }: IconProps) =>
  draw(size, <path d="M19 12H5m5.5-5.5L5 12l5.5 5.5" />)
export const IconUp = ({ size = 18 }: IconProps) => draw(size, <path d="M12 19V5m-5 5 5-5 5 5" />)
export const IconDown = ({ size = 18 }: IconProps) => draw(size, <path d="M12 5v14m-5-5 5 5 5-5" />)
export const IconTable = ({ size = 18 }: IconProps) =>
  draw(
    size,
    <>
      <rect x="4" y="5" width="16" height="14" rx="2" />
      <path d="M4 10h16M4 14.5h16M10 10v9" />
    </>,
  )
export const IconChart = ({ size = 18 }: IconProps) =>
  draw(size, <path d="M4 19h16M7 15.5v-4M12 15.5V6M17 15.5V9" />)
export const IconKey = ({ size = 18 }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="8.5" cy="15.5" r="4" />
      <path d="m11.5 12.5 8-8M16 8l2.8 2.8" />
    </>,
  )
export const IconUser = ({ size = 18 }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="8.5" r="3.8" />
      <path d="M4.8 20a7.4 7.4 0 0 1 14.4 0" />
    </>,
  )
export const IconTrash = ({ size = 18 }: IconProps) =>
  draw(size, <path d="M5 7h14M10 4h4M7 7l.8 13h8.4L17 7M10.5 11v5.5M13.5 11v5.5" />)
export const IconShield = ({ size = 18 }: IconProps) =>
  draw(
    size,
    <>
      <path d="M12 3.5 5 6v5.5c0 4.4 2.9 7.6 7 9 4.1-1.4 7-4.6 7-9V6z" />
      <path d="m9 11.8 2.2 2.2 3.8-4" />
    </>,
  )

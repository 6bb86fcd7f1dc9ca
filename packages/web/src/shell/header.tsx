import { ActionIcon } from "@mantine/core"
import type { Me } from "@propolis/core"
import { Link, useRouterState } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { Revealed } from "../hostile/revealed-text.tsx"
import { IconClose, IconMenu, IconUser } from "../parts/icons.tsx"
import { LinkButton } from "../parts/link-button.tsx"
import { AddressSearch } from "./address-search.tsx"
import { BrandMark } from "./brand-mark.tsx"
import { SchemeToggle } from "./scheme-toggle.tsx"

const places = [
  { to: "/", label: "Home" },
  { to: "/hosts", label: "Hosts" },
  { to: "/services", label: "Services" },
  { to: "/live", label: "Live" },
  { to: "/account", label: "Keys" },
] as const

export function Header({ me }: { me: Me | undefined }) {
  const [open, setOpen] = useState(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  // A visited page closes the menu of narrow screens.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is the trigger
  useEffect(() => setOpen(false), [path])
  return (
    <header className="header">
      <div className="header-bar">
        <Link to="/" className="brand" aria-label="Propolis, home">
          <BrandMark />
          <span>Propolis</span>
        </Link>
        <nav aria-label="Pages" id="pages" className="places" data-open={open || undefined}>
          {places.map(({ to, label }) => (
            <Link
              key={to}
              to={to}
              className="place"
              activeOptions={{ exact: to === "/", includeSearch: false }}
              activeProps={{ "aria-current": "page" }}
            >
              {label}
            </Link>
          ))}
        </nav>
        <AddressSearch />
        <SchemeToggle />
        <AccountState me={me} />
        <ActionIcon
          className="menu-button"
          variant="default"
          size={36}
          aria-label={open ? "Close the menu" : "Open the menu"}
          aria-expanded={open}
          aria-controls="pages"
          onClick={() => setOpen(!open)}
        >
          {open ? <IconClose /> : <IconMenu />}
        </ActionIcon>
      </div>
    </header>
  )
}

function AccountState({ me }: { me: Me | undefined }) {
  if (me === undefined) return null
  if (me.account === null) {
    return (
      <LinkButton to="/sign-in" variant="filled" size="sm" className="account-state">
        Sign in
      </LinkButton>
    )
  }
  return (
    <Link to="/account" className="account-state account-link" title={me.account.email}>
      <IconUser size={16} />
      <span className="account-email">
        <Revealed text={me.account.email} maxLength={64} />
      </span>
    </Link>
  )
}

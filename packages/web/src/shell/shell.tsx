import "./shell.css"
import { useQuery } from "@tanstack/react-query"
import { Outlet, useRouterState } from "@tanstack/react-router"
import { lazy, Suspense, useEffect, useRef } from "react"
import { meQuery } from "../api/queries.ts"
import { Failure } from "../parts/failure.tsx"
import { Footer } from "./footer.tsx"
import { Header } from "./header.tsx"

// Forms are needed rarely; they are no part of the first load.
const PasswordChange = lazy(() =>
  import("../pages/password-change.tsx").then((module) => ({ default: module.PasswordChange })),
)
const SignInForm = lazy(() =>
  import("../pages/sign-in.tsx").then((module) => ({ default: module.SignInForm })),
)

/** What is around every page, and what stands in its place where the reader must sign in or change the password first. */
export function Shell() {
  const me = useQuery(meQuery)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const main = useRef<HTMLElement>(null)
  const arrived = useRef(path)
  useEffect(() => {
    if (arrived.current === path) return
    arrived.current = path
    // As a page load would: the top of the new page, for eyes and for screen readers.
    main.current?.focus({ preventScroll: true })
  }, [path])
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      {me.data?.demo && (
        <p className="demo" role="note">
          <strong>Demonstration.</strong> Everything here is made of generated events, nobody was attacked.
        </p>
      )}
      <Header me={me.data} />
      <main id="content" ref={main} tabIndex={-1} className="main">
        <Suspense fallback={<div className="main-wait" aria-busy="true" />}>
          <Content />
        </Suspense>
      </main>
      <Footer me={me.data} />
    </>
  )
}

function Content() {
  const me = useQuery(meQuery)
  const path = useRouterState({ select: (state) => state.location.pathname })
  if (me.isPending) return <div className="main-wait" aria-busy="true" />
  if (me.isError && me.data === undefined) return <Failure error={me.error} retry={() => void me.refetch()} />
  if (me.data.account?.mustChangePassword) return <PasswordChange forced />
  if (me.data.account === null && me.data.anonymous === "none" && path !== "/sign-in") {
    return <SignInForm reason="This hub shows nothing without an account." />
  }
  return <Outlet />
}

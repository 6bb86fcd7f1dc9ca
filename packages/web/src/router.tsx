import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router"
import type { PayloadMode } from "./hostile/payload-view.tsx"
import { HomePage } from "./pages/home.tsx"
import { NotFoundPage } from "./pages/not-found.tsx"
import { Failure } from "./parts/failure.tsx"
import { dayChoices, hourChoices, oneOf, textOf } from "./search-params.ts"
import { Shell } from "./shell/shell.tsx"

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage })

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { days?: number } => ({
    ...oneOf("days", search.days, dayChoices, 7),
  }),
  component: HomePage,
})

const hoursSearch = (search: Record<string, unknown>): { hours?: number } => ({
  ...oneOf("hours", search.hours, hourChoices, 24),
})

const hosts = createRoute({
  getParentRoute: () => root,
  path: "/hosts",
  validateSearch: hoursSearch,
  component: lazyRouteComponent(() => import("./pages/hosts.tsx"), "HostsPage"),
})
const host = createRoute({
  getParentRoute: () => root,
  path: "/hosts/$address",
  component: lazyRouteComponent(() => import("./pages/host.tsx"), "HostPage"),
})
const services = createRoute({
  getParentRoute: () => root,
  path: "/services",
  validateSearch: hoursSearch,
  component: lazyRouteComponent(() => import("./pages/services.tsx"), "ServicesPage"),
})
const service = createRoute({
  getParentRoute: () => root,
  path: "/services/$service",
  validateSearch: hoursSearch,
  component: lazyRouteComponent(() => import("./pages/service.tsx"), "ServicePage"),
})
const session = createRoute({
  getParentRoute: () => root,
  path: "/sessions/$session",
  validateSearch: (search: Record<string, unknown>): { view?: PayloadMode } =>
    search.view === "both" || search.view === "text" || search.view === "hex" ? { view: search.view } : {},
  component: lazyRouteComponent(() => import("./pages/session.tsx"), "SessionPage"),
})
const live = createRoute({
  getParentRoute: () => root,
  path: "/live",
  validateSearch: (search: Record<string, unknown>): { service?: string; host?: string; find?: string } => ({
    ...textOf("service", search.service),
    ...textOf("host", search.host),
    ...textOf("find", search.find),
  }),
  component: lazyRouteComponent(() => import("./pages/live.tsx"), "LivePage"),
})
const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => import("./pages/account.tsx"), "AccountPage"),
})
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } => textOf("next", search.next),
  component: lazyRouteComponent(() => import("./pages/sign-in.tsx"), "SignInPage"),
})

// Where other products' deep links lead.
const ip = createRoute({
  getParentRoute: () => root,
  path: "/ip/$address",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/hosts/$address", params, replace: true })
  },
})
const explore = createRoute({
  getParentRoute: () => root,
  path: "/explore/$address",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/hosts/$address", params, replace: true })
  },
})

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    hosts,
    host,
    services,
    service,
    session,
    live,
    account,
    signIn,
    ip,
    explore,
  ]),
  defaultPreload: "intent",
  scrollRestoration: true,
  pathParamsAllowedCharacters: [":"],
  defaultErrorComponent: ({ error, reset }) => (
    <Failure error={error instanceof Error ? error : new Error(String(error))} retry={reset} />
  ),
})

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}

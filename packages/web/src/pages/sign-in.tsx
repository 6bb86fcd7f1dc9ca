import { Button, PasswordInput, TextInput } from "@mantine/core"
import type { Account } from "@propolis/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useRouter } from "@tanstack/react-router"
import { type FormEvent, useState } from "react"
import { ApiFailure, sendJson } from "../api/fetch-json.ts"
import { meQuery } from "../api/queries.ts"
import { FormFault } from "../parts/form-fault.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"

const route = getRouteApi("/sign-in")

export function SignInPage() {
  const { next } = route.useSearch()
  const router = useRouter()
  // A page of this site only: one slash, then no second one (`//evil.example` is another host).
  const target = next !== undefined && /^\/(?![/\\])/.test(next) ? next : "/"
  return <SignInForm onDone={() => router.history.replace(target)} />
}

export function SignInForm({ reason, onDone }: { reason?: string; onDone?: () => void }) {
  const queryClient = useQueryClient()
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const signIn = useMutation({
    mutationFn: () => sendJson<Account>("POST", "/api/web/login", { email, password }),
    onSuccess: async () => {
      await queryClient.refetchQueries(meQuery)
      await queryClient.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" })
      onDone?.()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate()
  }
  const refused = signIn.error instanceof ApiFailure && signIn.error.status === 401
  return (
    <div className="card-page">
      <PageHeader documentTitle="Sign in" title="Sign in" lead={reason} />
      <Panel title="Your account">
        <form className="form" onSubmit={submit}>
          <TextInput
            label="Email"
            type="email"
            autoComplete="username"
            required
            maxLength={254}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            maxLength={1_024}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {refused ? (
            <p role="alert" className="fault">
              Email and password do not fit.
            </p>
          ) : (
            <FormFault error={signIn.error} />
          )}
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
        </form>
      </Panel>
      <section className="first-sign-in small soft" aria-label="First sign-in">
        <p>
          <strong>Here for the first time?</strong> The terminal where Propolis was started shows the email
          after <code>sign in</code> and a one-time password after <code>password</code>; a hub that runs as a
          service writes both to its log. Until the password is replaced, every start makes a new one and only
          the newest is valid.
        </p>
      </section>
    </div>
  )
}

import { Button, PasswordInput } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useState } from "react"
import { ApiFailure, sendJson } from "../api/fetch-json.ts"
import { meQuery } from "../api/queries.ts"
import { FormFault } from "../parts/form-fault.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"

const leastLength = 12

/** In place of every page while the one-time password is in use, and on the account page. */
export function PasswordChange({ forced = false }: { forced?: boolean }) {
  if (!forced) return <PasswordForm title="Password" current="Current password" />
  return (
    <div className="card-page">
      <PageHeader
        documentTitle="New password"
        title="Choose your password"
        lead="You signed in with a one-time password. It must be replaced before anything else."
      />
      <PasswordForm title="A password of your own" current="One-time password" />
    </div>
  )
}

function PasswordForm({ title, current: currentLabel }: { title: string; current: string }) {
  const queryClient = useQueryClient()
  const [current, setCurrent] = useState("")
  const [next, setNext] = useState("")
  const [again, setAgain] = useState("")
  const change = useMutation({
    mutationFn: () => sendJson("POST", "/api/web/password", { current, next }),
    onSuccess: async () => {
      setCurrent("")
      setNext("")
      setAgain("")
      await queryClient.invalidateQueries(meQuery)
    },
  })
  const differs = again !== "" && again !== next
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (next === again) change.mutate()
  }
  // The hub names the field at fault (`body.current`); the fault is shown there.
  const faults = change.error instanceof ApiFailure ? change.error.faults : []
  const faultOf = (name: "current" | "next") => {
    const reason = faults.find(({ path }) => path === `body.${name}`)?.reason
    return reason === undefined ? undefined : `This ${reason}`
  }
  return (
    <Panel title={title} note={`at least ${leastLength} characters`}>
      <form className="form" onSubmit={submit}>
        <PasswordInput
          label={currentLabel}
          autoComplete="current-password"
          required
          maxLength={1_024}
          value={current}
          error={faultOf("current")}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          autoComplete="new-password"
          required
          minLength={leastLength}
          maxLength={1_024}
          value={next}
          error={faultOf("next")}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password again"
          autoComplete="new-password"
          required
          maxLength={1_024}
          value={again}
          error={differs ? "The two differ" : undefined}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
        {faults.length === 0 && <FormFault error={change.error} />}
        {change.isSuccess && (
          <p role="status" className="done">
            The password is changed.
          </p>
        )}
        <Button type="submit" loading={change.isPending} disabled={differs}>
          Change the password
        </Button>
      </form>
    </Panel>
  )
}

import "./account.css"
import { Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { sendJson } from "../api/fetch-json.ts"
import { meQuery } from "../api/queries.ts"
import { Revealed } from "../hostile/revealed-text.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"
import { Keys } from "./account-keys.tsx"
import { PasswordChange } from "./password-change.tsx"
import { SignInForm } from "./sign-in.tsx"

export function AccountPage() {
  const me = useQuery(meQuery)
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const signOut = useMutation({
    mutationFn: () => sendJson("POST", "/api/web/logout"),
    onSuccess: async () => {
      await navigate({ to: "/" })
      await queryClient.resetQueries()
    },
  })
  const account = me.data?.account ?? null
  if (account === null) return <SignInForm reason="Keys belong to an account. Sign in to see yours." />
  return (
    <>
      <PageHeader
        documentTitle="Keys and account"
        title="Keys and account"
        lead="Keys let programs read from this hub and let sensors send to it."
      />
      <div className="account-columns">
        <Keys />
        <div className="stack">
          <Panel title="Signed in">
            <div className="form">
              <p>
                <Revealed text={account.email} maxLength={254} />
                {account.admin && <span className="tag account-role">Administrator</span>}
              </p>
              <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
                Sign out
              </Button>
            </div>
          </Panel>
          <PasswordChange />
        </div>
      </div>
    </>
  )
}

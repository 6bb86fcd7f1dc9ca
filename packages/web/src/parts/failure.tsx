import { Button } from "@mantine/core"
import { useRouterState } from "@tanstack/react-router"
import { ApiFailure } from "../api/fetch-json.ts"
import { Revealed } from "../hostile/revealed-text.tsx"
import { LinkButton } from "./link-button.tsx"
import "./parts.css"

interface FailureProps {
  error: Error
  retry: () => void
}

/** Why something could not be shown, and what can be done about it. */
export function Failure({ error, retry }: FailureProps) {
  const href = useRouterState({ select: (state) => state.location.href })
  const status = error instanceof ApiFailure ? error.status : undefined
  if (status === 401 || status === 403) {
    return (
      <div className="notice" role="alert">
        <h3>{status === 401 ? "Sign in to see this" : "Your account may not see this"}</h3>
        <p className="soft">Readers without an account see the last 24 hours, and seven days of activity.</p>
        {status === 401 && (
          <LinkButton to="/sign-in" search={{ next: href }} size="sm">
            Sign in
          </LinkButton>
        )}
      </div>
    )
  }
  return (
    <div className="notice" role="alert">
      <h3>{status === 0 ? "The hub does not answer" : "This could not be loaded"}</h3>
      <p className="soft">
        {status === 0 ? (
          "It may be starting or restarting. Nothing that it had acknowledged is lost."
        ) : (
          <Revealed text={error.message} />
        )}
      </p>
      <Button variant="default" size="sm" onClick={retry}>
        Try again
      </Button>
    </div>
  )
}

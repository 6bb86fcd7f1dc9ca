import { ApiFailure } from "../api/fetch-json.ts"
import { Revealed } from "../hostile/revealed-text.tsx"

/** Why a form was refused: what the hub says, and each fault with its place. */
export function FormFault({ error }: { error: Error | null }) {
  if (error === null) return null
  const faults = error instanceof ApiFailure ? error.faults : []
  return (
    <div role="alert" className="fault">
      <Revealed text={error.message} />
      {faults.map(({ path, reason }) => (
        <p key={path}>
          <Revealed text={`${path}: ${reason}`} />
        </p>
      ))}
    </div>
  )
}

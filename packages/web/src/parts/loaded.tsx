import { Skeleton } from "@mantine/core"
import type { ReactNode } from "react"
import { Failure } from "./failure.tsx"

interface Answer<T> {
  data: T | undefined
  error: Error | null
  isError: boolean
  refetch: () => unknown
}

interface LoadedProps<T> {
  query: Answer<T>
  /** Height of what is coming, so that nothing jumps. */
  heightPx: number
  children: (data: T) => ReactNode
}

/** The answer of a query, or its skeleton, or why there is none. Old data stay while new ones are on their way. */
export function Loaded<T>({ query, heightPx, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.isError && query.error !== null) {
    return <Failure error={query.error} retry={() => void query.refetch()} />
  }
  return (
    <div aria-busy="true">
      <span className="hidden-visually">Loading</span>
      <Skeleton height={heightPx} radius="md" />
    </div>
  )
}

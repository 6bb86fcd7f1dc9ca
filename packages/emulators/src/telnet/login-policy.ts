import type { Persona } from "@propolis/core"
import type { TelnetOptions } from "./options.ts"

/** Whether the `attempt`-th login of a session (from 1) passes. */
export function loginPasses(
  options: TelnetOptions,
  persona: Persona,
  login: { readonly username: string; readonly password: string; readonly attempt: number },
): boolean {
  const { username, password, attempt } = login
  if (username === "") return false
  switch (options.policy) {
    case "none":
      return false
    case "any":
      return true
    case "afterAttempts":
      return attempt >= options.passAfter
    case "list":
      return (
        options.credentials.some((known) => known.username === username && known.password === password) ||
        persona.users.some(
          (user) => user.password !== undefined && user.name === username && user.password === password,
        )
      )
  }
}

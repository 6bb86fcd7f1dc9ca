/** What a persona's data file says: one kind of machine, of which every sensor makes its own. */
import type { Persona, Product } from "@propolis/core"

/** What a machine of this kind runs after it took the updates of a day. */
export interface PatchLevel {
  /** ISO date on which these versions could first be installed and booted. */
  readonly since: string
  /** `6.1.0-38-amd64` */
  readonly kernel: string
  readonly kernelBuild: string
  readonly products: Readonly<Record<string, Product>>
}

export interface PersonaTemplate {
  readonly name: string
  readonly system: Pick<Persona["system"], "family" | "title" | "issue" | "machine">
  /** Words of host names; `{n}` becomes a number of two digits, `{s}` a site. */
  readonly hostNames: readonly string[]
  readonly sites: readonly string[]
  /** First parts and last parts of the domain. */
  readonly domainWords: readonly string[]
  readonly domainSuffixes: readonly string[]
  /** Accounts that such a machine has; one of each list. */
  readonly users: readonly (readonly string[])[]
  /** Passwords of which each account gets one: common ones, so that guessing succeeds now and then. */
  readonly passwords: readonly string[]
  /** Products that no update touches within the release. */
  readonly products: Readonly<Record<string, Product>>
  /** Oldest first. */
  readonly patchLevels: readonly PatchLevel[]
}

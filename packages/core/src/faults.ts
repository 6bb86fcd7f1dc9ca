/** Faults of input, each with path, reason and what was expected: all of them at once. */
import type { z } from "zod"

export interface Fault {
  /** Where: `services.Telnet.port`. */
  readonly path: string
  /** What is wrong and what was expected. */
  readonly reason: string
}

export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.map((issue) => ({ path: issue.path.map(String).join("."), reason: issue.message }))
}

/** All issues in one line. */
export function describeIssues(error: z.ZodError): string {
  return faultsOf(error)
    .map((fault) => (fault.path === "" ? fault.reason : `${fault.path}: ${fault.reason}`))
    .join("; ")
}

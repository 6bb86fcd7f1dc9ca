/** The error catalogue: operational errors carry a code from here, a cause, and whether to retry. */
export interface ErrorEntry {
  readonly description: string
  /** Exit code of a command that ends with it (sysexits.h). */
  readonly exitCode: number
  readonly retry: boolean
}

export const errorCatalogue = {
  CONFIG_INVALID: {
    description: "The configuration has faults; all of them are listed",
    exitCode: 78,
    retry: false,
  },
  CONFIG_UNREADABLE: { description: "The configuration file cannot be read", exitCode: 66, retry: false },
  USAGE: { description: "The command line is not understood", exitCode: 64, retry: false },
  LISTEN_FAILED: { description: "A port cannot be listened on", exitCode: 69, retry: true },
  DATA_UNWRITABLE: { description: "The data folder cannot be written", exitCode: 73, retry: false },
  DATA_LOCKED: { description: "Another process uses the data folder", exitCode: 75, retry: true },
  JOURNAL_FULL: { description: "The disk is full: events could not be journaled", exitCode: 74, retry: true },
  JOURNAL_CORRUPT: {
    description: "A journal segment is damaged before its tail",
    exitCode: 65,
    retry: false,
  },
  EVENT_INVALID: { description: "A line is not a valid event", exitCode: 65, retry: false },
  DELIVERY_REFUSED: {
    description: "A log handler's peer refuses the batch for good",
    exitCode: 69,
    retry: false,
  },
  DELIVERY_FAILED: {
    description: "A log handler's peer did not take the batch this time",
    exitCode: 75,
    retry: true,
  },
  CREDENTIALS_INVALID: { description: "API id and key do not fit", exitCode: 77, retry: false },
  STORE_FAILED: { description: "The store refused a statement", exitCode: 70, retry: true },
  HUB_UNREACHABLE: { description: "The hub does not answer", exitCode: 69, retry: true },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorCatalogue

/** An expected failure of operation. Bugs are other errors and stay what they are. */
export class PropolisError extends Error {
  override readonly name = "PropolisError"
  readonly code: ErrorCode
  readonly retry: boolean
  readonly exitCode: number
  /** After how many milliseconds the peer asked to be tried again, where it said so. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    const entry = errorCatalogue[code]
    this.code = code
    this.retry = entry.retry
    this.exitCode = entry.exitCode
    this.retryAfterMs = options.retryAfterMs
  }
}

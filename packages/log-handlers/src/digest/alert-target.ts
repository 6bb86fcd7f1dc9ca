/** Where messages go, and what they are. */
import type { AlertText, Told } from "./alert-text.ts"

export interface AlertMessage extends AlertText {
  /** Filled template where the operator gave one: plain text, to be escaped as a whole. */
  readonly template: string | undefined
  readonly told: Told
}

/** Where messages go. */
export interface AlertTarget {
  /**
   * Resolves to the peer's answer in a few words.
   * @throws PropolisError to have it tried again; with `retry: false` the message is dropped and told to the operator.
   */
  send(message: AlertMessage, signal: AbortSignal): Promise<string>
  probe?(signal: AbortSignal): Promise<string>
  /** Idempotent. */
  close(): Promise<void>
}

export type Compose = (told: Told) => AlertMessage

/** What a status means for a delivery; one meaning for every HTTP API. */
import { escapeText, PropolisError } from "@propolis/core"
import type { HttpAnswer } from "./http-client.ts"

/** Refused credentials are a matter for a person: they are tried slowly, and events wait in the journal meanwhile. */
export const refusedRetryMs = 60_000

/**
 * 2xx is `ok`, 413 is `too large`; everything else is worth another try: 401 and 403 a slow one, others when
 * the peer asks for it.
 * @throws PropolisError DELIVERY_FAILED
 */
export function checkAnswer(answer: HttpAnswer, peer: string): "ok" | "too large" {
  const { status } = answer
  if (status >= 200 && status < 300) return "ok"
  if (status === 413) return "too large"
  if (status === 401 || status === 403) {
    throw new PropolisError(
      "DELIVERY_FAILED",
      `${peer} refuses the credentials (${status}); correct them, the events are kept`,
      { retryAfterMs: Math.max(refusedRetryMs, answer.retryAfterMs ?? 0) },
    )
  }
  throw answeredWith(answer, peer)
}

/** An answer that is no success, as the error to try again after. */
export function answeredWith(answer: HttpAnswer, peer: string): PropolisError {
  const shown = answer.text === "" ? "" : `: ${escapeText(answer.text.slice(0, 200))}`
  return new PropolisError("DELIVERY_FAILED", `${peer} answered ${answer.status}${shown}`, {
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
  })
}

/** The JSON of an answer; `undefined` where it is none. */
export function jsonOf(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text)
  } catch {
    return undefined
  }
}

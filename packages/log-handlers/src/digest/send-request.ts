/** One message over an HTTP API. */
import { escapeText, PropolisError } from "@propolis/core"
import { checkAnswer } from "../http/check-answer.ts"
import type { HttpAnswer, HttpClient, HttpRequest } from "../http/http-client.ts"

/** Statuses that mean that this very message will never be taken. */
const refusals: readonly number[] = [400, 413, 422]

/**
 * Sends one message and gives the successful answer.
 * @throws PropolisError DELIVERY_REFUSED where the message will never be taken, DELIVERY_FAILED for another try
 */
export async function sendRequest(
  client: HttpClient,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const answer = await client.request(request, signal)
  checkMessageAnswer(answer, client.peer)
  return answer
}

/** @throws PropolisError for every answer but a success, as {@link sendRequest} */
export function checkMessageAnswer(answer: HttpAnswer, peer: string): void {
  if (refusals.includes(answer.status)) {
    const said = escapeText(answer.text.slice(0, 200))
    throw new PropolisError("DELIVERY_REFUSED", `${peer} answered ${answer.status}: ${said}`)
  }
  checkAnswer(answer, peer)
}

export function jsonRequest(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpRequest {
  return {
    url,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  }
}

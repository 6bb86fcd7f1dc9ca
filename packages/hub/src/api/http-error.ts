/** Errors of the API: JSON `{"status": "…"}` on every status, never a stack. */
import { type ApiError, type Fault, faultsOf, PropolisError } from "@propolis/core"
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify"
import type { z } from "zod"
import { PasswordsBusy } from "../accounts/index.ts"

/** An answer that is not a success. `status` is shown to people. */
export class HttpError extends Error {
  override readonly name = "HttpError"
  readonly statusCode: number
  readonly faults: readonly Fault[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(
    statusCode: number,
    status: string,
    options: { readonly faults?: readonly Fault[]; readonly retryAfterSeconds?: number } = {},
  ) {
    super(status)
    this.statusCode = statusCode
    this.faults = options.faults
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export function invalidRequest(error: z.ZodError, part: string): HttpError {
  const faults = faultsOf(error).map(({ path, reason }) => ({
    path: path === "" ? part : `${part}.${path}`,
    reason,
  }))
  return new HttpError(400, "Invalid request", { faults })
}

// Texts of the contract (docs: HoneyDB-compatible API); clients compare some of them.
const statusTexts: Readonly<Record<number, string>> = {
  400: "Invalid request",
  401: "Invalid API Credentials",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timeout",
  413: "Request is too large",
  414: "Address is too long",
  415: "Unsupported media type",
  429: "Too many requests",
  431: "Request headers are too large",
  500: "Internal error",
  503: "Not available now, try again later",
}

export function statusText(statusCode: number): string {
  return statusTexts[statusCode] ?? statusTexts[statusCode >= 500 ? 500 : 400]!
}

/** The last of the three boundaries of DESIGN "Style": whatever a route threw becomes an answer. */
export function errorHandler(log: (message: string) => void) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    const answer = answerOf(error)
    // A bug with its stack; what the store could not do with its words.
    const words = answer.statusCode === 500 ? (error.stack ?? error.message) : error.message
    if (answer.statusCode === 500 || error instanceof PropolisError) {
      log(`${request.method} ${request.routeOptions.url ?? "?"}: ${words}`)
    }
    if (answer.retryAfterSeconds !== undefined) reply.header("retry-after", answer.retryAfterSeconds)
    // What is left of the body is not worth reading.
    if (answer.statusCode === 413) reply.header("connection", "close")
    return reply.code(answer.statusCode).send(answer.body)
  }
}

function answerOf(error: FastifyError | Error): {
  statusCode: number
  body: ApiError
  retryAfterSeconds?: number | undefined
} {
  if (error instanceof HttpError) {
    const { statusCode, message, faults, retryAfterSeconds } = error
    const body = faults === undefined ? { status: message } : { status: message, faults: [...faults] }
    return { statusCode, body, retryAfterSeconds }
  }
  if (error instanceof PropolisError && error.retry) {
    return { statusCode: 503, body: { status: statusText(503) }, retryAfterSeconds: 2 }
  }
  if (error instanceof PasswordsBusy) {
    return { statusCode: 503, body: { status: statusText(503) }, retryAfterSeconds: 3 }
  }
  const claimed = "statusCode" in error ? error.statusCode : undefined
  const statusCode = claimed !== undefined && claimed >= 400 && claimed < 500 ? claimed : 500
  return { statusCode, body: { status: statusText(statusCode) } }
}

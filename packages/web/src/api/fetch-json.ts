import type { ApiError } from "@propolis/core"

/** The hub answered with an error, or did not answer (`status` 0). */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure"
  readonly status: number
  readonly faults: readonly { readonly path: string; readonly reason: string }[]

  constructor(status: number, message: string, faults: ApiError["faults"] = []) {
    super(message)
    this.status = status
    this.faults = faults
  }
}

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { credentials: "same-origin", ...init })
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    throw new ApiFailure(0, "The hub does not answer.")
  }
  if (response.ok) return response
  let answer: Partial<ApiError> = {}
  try {
    answer = (await response.json()) as Partial<ApiError>
  } catch {
    // A proxy's error page, not the hub's JSON: its status line has to do.
  }
  throw new ApiFailure(
    response.status,
    answer.status ?? `${response.status} ${response.statusText}`,
    answer.faults ?? [],
  )
}

/** @throws ApiFailure */
export async function getJson<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await request(path, { signal, headers: { accept: "application/json" } })
  return (await response.json()) as T
}

/** Sends JSON; `undefined` where the answer has no body. @throws ApiFailure */
export async function sendJson<T = undefined>(
  method: "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await request(path, {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return (text === "" ? undefined : JSON.parse(text)) as T
}

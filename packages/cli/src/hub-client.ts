/** Asks the hub that runs on this data folder, as its local administrator. */
import { readFileSync } from "node:fs"
import { PropolisError } from "@propolis/core"
import type { DataFolder } from "./data-folder.ts"

export interface HubClient {
  readonly url: string
  /** @throws PropolisError HUB_UNREACHABLE, CREDENTIALS_INVALID, or USAGE with the hub's own words. */
  request(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown>
  /** The same, as a stream of text. */
  stream(
    path: string,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<AsyncIterable<string>>
}

/** @throws PropolisError HUB_UNREACHABLE where no hub ever ran on this folder. */
export function connectHub(folder: DataFolder): HubClient {
  const url = readSmall(folder.hubUrlFile)
  const token = readSmall(folder.adminTokenFile)
  const call = async (path: string, init: RequestInit): Promise<Response> => {
    let response: Response
    try {
      response = await fetch(new URL(path, url), {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${token}`, accept: "application/json" },
      })
    } catch (cause) {
      if ((cause as Error).name === "AbortError") throw cause
      throw new PropolisError("HUB_UNREACHABLE", `the hub at ${url} does not answer; is it running?`, {
        cause,
      })
    }
    if (response.ok) return response
    const answer = await response.text()
    let status = answer.slice(0, 300)
    try {
      status = (JSON.parse(answer) as { status?: string }).status ?? status
    } catch {
      // Not JSON: its text is shown as it is.
    }
    const code = response.status === 401 || response.status === 403 ? "CREDENTIALS_INVALID" : "USAGE"
    throw new PropolisError(code, `the hub answered ${response.status}: ${status}`)
  }
  return {
    url,
    async request(method, path, body) {
      const response = await call(path, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        signal: AbortSignal.timeout(15_000),
      })
      const answer = await response.text()
      return answer === "" ? undefined : JSON.parse(answer)
    },
    async stream(path, signal, headers = {}) {
      const response = await call(path, { method: "GET", signal, headers })
      return response.body!.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>
    },
  }
}

function readSmall(path: string): string {
  try {
    return readFileSync(path, "utf8").trim()
  } catch (cause) {
    throw new PropolisError("HUB_UNREACHABLE", `no hub has run on this data folder (${path} is not there)`, {
      cause,
    })
  }
}

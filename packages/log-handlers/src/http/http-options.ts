/** Options that every HTTP log handler has, and the client made from them. */
import type { LogHandlerPorts } from "@propolis/core"
import { z } from "zod"
import { readTlsFiles, type TlsFiles, tlsFileOptions } from "../tls/tls-options.ts"
import { HttpClient, type HttpClientOptions } from "./http-client.ts"

/** An http or https URL without user name, password and fragment; with a query only where `query` says so. */
export function urlOption({ query = false } = {}) {
  const expected = `expected a URL without user name, password${query ? "" : ", query"} and fragment`
  return z
    .url({ protocol: /^https?$/, error: "expected an http or https URL" })
    .max(4_096)
    .refine((text) => {
      const url = URL.parse(text)
      if (url === null || url.username !== "" || url.password !== "" || url.hash !== "") return false
      return query || url.search === ""
    }, expected)
}

/** What may stand in a header of its own: printable characters without spaces. */
export const headerText = z
  .string()
  .max(1_024)
  .regex(/^[\x21-\x7e]+$/, "expected printable characters without spaces")

/** Spread into an HTTP handler's schema. */
export const httpOptions = {
  timeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe("How long the peer may take to answer one request, in milliseconds."),
  ...tlsFileOptions,
}

export async function openHttpClient(
  peer: string,
  options: TlsFiles & { readonly timeoutMs: number },
  ports: LogHandlerPorts,
  more: Partial<HttpClientOptions> = {},
): Promise<HttpClient> {
  const tls = await readTlsFiles(options, ports.dataDir)
  return new HttpClient({ peer, timeoutMs: options.timeoutMs, now: ports.now, tls, ...more })
}

/** A base URL and a path below it. */
export function urlBelow(base: string, path: string): string {
  return `${base.replace(/\/+$/, "")}/${path}`
}

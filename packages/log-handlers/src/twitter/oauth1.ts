/** OAuth 1.0a with HMAC-SHA1 (RFC 5849), as X asks for in the user's context. */
import { createHmac } from "node:crypto"

export interface OAuth1Keys {
  readonly consumerKey: string
  readonly consumerSecret: string
  readonly token: string
  readonly tokenSecret: string
}

export interface OAuth1Request {
  readonly method: string
  /** With its query, which is signed too. */
  readonly url: string
  /** Fields of a form body; a JSON body is not signed (RFC 5849 §3.4.1.3.1). */
  readonly form?: Readonly<Record<string, string>>
  readonly nonce: string
  /** Unix seconds. */
  readonly timestamp: number
}

/** The Authorization header of one request. */
export function oauth1Header(request: OAuth1Request, keys: OAuth1Keys): string {
  const oauth = {
    oauth_consumer_key: keys.consumerKey,
    oauth_nonce: request.nonce,
    oauth_signature_method: "HMAC-SHA1",
    oauth_timestamp: String(request.timestamp),
    oauth_token: keys.token,
    oauth_version: "1.0",
  }
  const fields = { ...oauth, oauth_signature: oauth1Signature(request, oauth, keys) }
  const shown = Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`)
  return `OAuth ${shown.join(", ")}`
}

function oauth1Signature(
  request: OAuth1Request,
  oauth: Readonly<Record<string, string>>,
  keys: OAuth1Keys,
): string {
  const url = new URL(request.url)
  const all = [...url.searchParams, ...Object.entries(request.form ?? {}), ...Object.entries(oauth)]
  const normalized = all
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1))
    .map((pair) => pair.join("="))
    .join("&")
  const base = [request.method.toUpperCase(), url.origin + url.pathname, normalized]
    .map(percentEncode)
    .join("&")
  const key = `${percentEncode(keys.consumerSecret)}&${percentEncode(keys.tokenSecret)}`
  return createHmac("sha1", key).update(base).digest("base64")
}

/** RFC 5849 §3.6: all but the unreserved characters. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** AWS Signature Version 4 in the Authorization header (AWS General Reference, "Signing AWS API requests"). */
import { createHash, createHmac } from "node:crypto"

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
}

export interface SigningScope {
  readonly region: string
  /** `s3` */
  readonly service: string
}

export interface UnsignedRequest {
  readonly method: string
  /** The path is encoded already, as it will be sent. */
  readonly url: URL
  /** Every one of them is signed; `host` and `x-amz-date` are added. */
  readonly headers: Readonly<Record<string, string>>
  /** Lower-case hex SHA-256 of the body. */
  readonly bodySha256: string
}

const algorithm = "AWS4-HMAC-SHA256"

/** The headers to send, `authorization` among them. */
export function signRequest(
  request: UnsignedRequest,
  { region, service }: SigningScope,
  credentials: Credentials,
  timeMs: number,
): Record<string, string> {
  const dateTime = new Date(timeMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, "")
  const date = dateTime.slice(0, 8)
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.url.host,
    "x-amz-date": dateTime,
    ...(credentials.sessionToken === undefined ? {} : { "x-amz-security-token": credentials.sessionToken }),
  }
  const names = Object.keys(headers).sort()
  const canonicalHeaders = names.map((name) => `${name}:${headers[name]!.trim().replaceAll(/ +/g, " ")}\n`)
  const signedHeaders = names.join(";")
  const canonicalRequest = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url),
    canonicalHeaders.join(""),
    signedHeaders,
    request.bodySha256,
  ].join("\n")
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = [algorithm, dateTime, scope, sha256Hex(canonicalRequest)].join("\n")
  const key = [date, region, service, "aws4_request"].reduce<Uint8Array>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  )
  const signature = Buffer.from(hmac(key, toSign)).toString("hex")
  const credential = `${credentials.accessKeyId}/${scope}`
  const authorization = `${algorithm} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  return { ...headers, authorization }
}

/** RFC 3986's unreserved characters stay, everything else is percent-encoded (`encodeURIComponent` leaves more). */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex")
}

function canonicalQuery(url: URL): string {
  const pairs = [...url.searchParams].map(
    ([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const,
  )
  pairs.sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
  return pairs.map(([name, value]) => `${name}=${value}`).join("&")
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(text).digest()
}

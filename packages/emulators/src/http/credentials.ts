/** Credentials and uploads that a request carries. */
import { bytesFromBase64, latin1FromBytes, textFromBytes } from "@propolis/core"

export interface Login {
  readonly username?: string
  readonly password?: string
  readonly authMethod: "basic" | "form"
}

export interface Upload {
  readonly filename: string
  readonly bytes: Uint8Array
}

const usernameFields = new Set([
  "username",
  "user",
  "login",
  "log",
  "email",
  "name",
  "userid",
  "user_name",
  "uname",
  "usr",
  "account",
  "j_username",
  "pma_username",
])
const passwordFields = new Set([
  "password",
  "pass",
  "passwd",
  "pwd",
  "psw",
  "passwort",
  "user_password",
  "j_password",
  "pma_password",
])
const maxFields = 200
const maxUploads = 16

/** RFC 7617. */
export function basicLogin(authorization: string | undefined): Login | undefined {
  const match = /^basic\s+([A-Za-z0-9+/=]{1,4096})\s*$/i.exec(authorization ?? "")
  if (match === null) return undefined
  const text = textFromBytes(bytesFromBase64(match[1]!))
  const colon = text.indexOf(":")
  if (colon < 0) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1), authMethod: "basic" }
}

/** User name and password of an `application/x-www-form-urlencoded` body. */
export function formLogin(body: Uint8Array): Login | undefined {
  return loginOf(
    latin1FromBytes(body.subarray(0, 65_536))
      .split("&", maxFields)
      .map((pair): readonly [string, string] => {
        const equals = pair.indexOf("=")
        return equals < 0
          ? [decode(pair), ""]
          : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
      }),
  )
}

/** Fields and files of a `multipart/form-data` body (RFC 7578). */
export function readMultipart(body: Uint8Array, contentType: string): { login?: Login; uploads: Upload[] } {
  const boundary = /boundary=(?:"([^"\r\n]{1,70})"|([^;,\s]{1,70}))/i.exec(contentType)
  if (boundary === null) return { uploads: [] }
  // One character a byte, exactly: Latin-1 of Buffer, so that offsets in text and bytes agree.
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1")
  const marker = `--${boundary[1] ?? boundary[2]}`
  const fields: (readonly [string, string])[] = []
  const uploads: Upload[] = []
  let from = text.indexOf(marker)
  for (let parts = 0; from >= 0 && parts < maxFields; parts++) {
    const headStart = from + marker.length + 2
    const headEnd = text.indexOf("\r\n\r\n", headStart)
    if (headEnd < 0) break
    const next = text.indexOf(`\r\n${marker}`, headEnd + 2)
    const end = next < 0 ? text.length : Math.max(next, headEnd + 4)
    const head = text.slice(headStart, Math.min(headEnd, headStart + 4_096))
    const name = /[;\s]name="([^"\r\n]*)"/i.exec(head)?.[1]
    const filename = /filename="([^"\r\n]*)"/i.exec(head)?.[1]
    if (filename !== undefined && filename !== "" && uploads.length < maxUploads) {
      uploads.push({ filename, bytes: body.subarray(headEnd + 4, end) })
    } else if (name !== undefined)
      fields.push([name, text.slice(headEnd + 4, Math.min(end, headEnd + 4_100))])
    from = next < 0 ? -1 : next + 2
  }
  const login = loginOf(fields)
  return login === undefined ? { uploads } : { login, uploads }
}

function loginOf(fields: readonly (readonly [string, string])[]): Login | undefined {
  const find = (names: ReadonlySet<string>) => fields.find(([name]) => names.has(name.toLowerCase()))?.[1]
  const username = find(usernameFields)
  const password = find(passwordFields)
  if (password === undefined) return undefined
  return { ...(username === undefined ? {} : { username }), password, authMethod: "form" }
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ")
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

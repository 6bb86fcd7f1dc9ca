/** What Apache 2.4 on Debian answers to a whole request. */
import type { Persona, RecordedAttributes } from "@propolis/core"
import { basicLogin, formLogin, type Login, readMultipart, type Upload } from "./credentials.ts"
import type { RequestHead } from "./request-head.ts"
import { destinationOf } from "./request-target.ts"
import { emptyResponse, errorResponse, type Response } from "./response.ts"
import type { Site } from "./site.ts"
import { answerFile, compressed } from "./static-file.ts"

export interface Request extends RequestHead {
  readonly body: Uint8Array
}

export interface Answer {
  readonly response: Response
  readonly attributes: RecordedAttributes
  readonly uploads: readonly Upload[]
}

const allow = "POST,OPTIONS,HEAD,GET"
/** Methods that Apache knows by name; others are 501. */
const knownMethods = new Set(
  "GET HEAD PUT POST DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE".split(
    " ",
  ),
)
const maxNameLength = 255

export interface Apache {
  /** `Apache/2.4.62 (Debian)` */
  readonly server: string
  signature(hostName: string | undefined, port: number | undefined, secure: boolean): string
  answer(request: Request, secure: boolean): Answer
}

export function createApache(persona: Persona, site: Site): Apache {
  const product = persona.products.http ?? { name: "Apache", version: "2.4.62", extra: "(Debian)" }
  const server = `${product.name}/${product.version}${product.extra === undefined ? "" : ` ${product.extra}`}`
  const canonicalName = `${persona.hostName}.${persona.domain}`
  const signature: Apache["signature"] = (hostName, port, secure) =>
    `${server} Server at ${hostName ?? canonicalName} Port ${port ?? (secure ? 443 : 80)}`

  const respond = (request: Request, secure: boolean): Response => {
    const hosts = request.counts.get("host") ?? 0
    const host = request.fields.get("host")
    const destination =
      hosts > 1 || (hosts === 0 && request.version >= "1.1")
        ? undefined
        : destinationOf(request.method, request.target, host)
    if (destination === undefined)
      return errorResponse(400, signature(undefined, undefined, secure), { closes: true })
    const { hostName, port, path } = destination
    const sign = signature(hostName, port, secure)
    if (path === undefined) return errorResponse(400, sign, { closes: true })
    const { method, fields } = request
    if (method === "TRACE") return errorResponse(405, sign, { detail: method, fields: [["Allow", ""]] })
    if (path === "*") return emptyResponse([])
    if (/[/]\.ht/.test(path) || path.startsWith("/server-status")) return errorResponse(403, sign)
    if (path.split("/").some((name) => name.length > maxNameLength)) return errorResponse(403, sign)
    if (path === "/admin" || path.startsWith("/admin/")) {
      return errorResponse(401, sign, { fields: [["WWW-Authenticate", `Basic realm="${site.realm}"`]] })
    }
    const page = site.pages.get(path)
    if (method === "OPTIONS")
      return emptyResponse([["Allow", allow]], page === undefined ? undefined : page.contentType)
    if (!knownMethods.has(method)) {
      return errorResponse(501, sign, { detail: method, fields: [["Allow", allow]], closes: true })
    }
    if (method !== "GET" && method !== "HEAD" && method !== "POST") {
      return errorResponse(405, sign, { detail: method, fields: [["Allow", allow]] })
    }
    const directory = site.pages.has(`${path}/`) || path === "/css"
    if (directory) {
      const authority = `${hostName ?? canonicalName}${port === undefined ? "" : `:${port}`}`
      const location = `${secure ? "https" : "http"}://${authority}${path}/${destination.query}`
      return errorResponse(301, sign, { detail: location, fields: [["Location", location]] })
    }
    if (page === undefined) return errorResponse(path === "/css/" ? 403 : 404, sign)
    if (page.modifiedMs !== undefined)
      return answerFile(page, { fields, safe: method !== "POST", signature: sign })
    const shown = method === "POST" && page.login ? (site.pages.get(`${path}#failed`) ?? page) : page
    const made: Response = {
      status: 200,
      reason: "OK",
      fields: [["Vary", "Accept-Encoding"]],
      body: shown.body,
      contentType: page.contentType,
      framing: "length",
    }
    const squeezed = compressed({ ...made, fields: [] }, fields)
    return squeezed.body === made.body ? made : squeezed
  }

  return {
    server,
    signature,
    answer(request, secure) {
      const response = respond(request, secure)
      const { login, uploads } = partsOf(request)
      return { response, attributes: attributesOf(request, response, login), uploads }
    },
  }
}

function partsOf(request: Request): { login?: Login; uploads: readonly Upload[] } {
  const contentType = request.fields.get("content-type") ?? ""
  const basic = basicLogin(request.fields.get("authorization"))
  const multipart = /^multipart\/form-data/i.test(contentType)
    ? readMultipart(request.body, contentType)
    : undefined
  const uploads = [...(multipart?.uploads ?? [])]
  if (request.method === "PUT" && request.body.length > 0) {
    uploads.push({
      filename: request.target.split("?")[0]!.split("/").at(-1) || "index",
      bytes: request.body,
    })
  }
  const urlencoded = /^application\/x-www-form-urlencoded/i.test(contentType)
    ? formLogin(request.body)
    : undefined
  const login = basic ?? multipart?.login ?? urlencoded
  return login === undefined ? { uploads } : { login, uploads }
}

function attributesOf(request: Request, response: Response, login: Login | undefined): RecordedAttributes {
  const { fields } = request
  const optional = {
    httpHost: fields.get("host"),
    userAgent: fields.get("user-agent"),
    contentType: fields.get("content-type"),
    username: login?.username,
    password: login?.password,
    authMethod: login?.authMethod,
    loginSuccess: login === undefined ? undefined : "false",
  }
  const present = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return {
    httpMethod: request.method,
    url: request.target,
    httpVersion: request.version,
    httpStatus: String(response.status),
    ...present,
  }
}

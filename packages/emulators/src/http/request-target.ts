/** Where a request goes: its target and Host (RFC 9112 §3.2), checked as Apache 2.4 does. */
export interface Destination {
  /** Host name that the client used, lower case; `undefined` where it used none. */
  readonly hostName: string | undefined
  readonly port: number | undefined
  /** Decoded and normalised; `*` of OPTIONS; `undefined` where Apache answers 400. */
  readonly path: string | undefined
  /** With its question mark, or empty. */
  readonly query: string
}

const hostPattern = /^([A-Za-z0-9._~-]{1,255}|\[[0-9a-fA-F:.]{2,45}\])(?::(\d{0,5}))?$/

/** `undefined` where the Host field or the target's form is bad. */
export function destinationOf(
  method: string,
  target: string,
  host: string | undefined,
): Destination | undefined {
  const fromField = host === undefined ? undefined : hostPattern.exec(host)
  if (fromField === null) return undefined
  const named = (match: RegExpExecArray | undefined) => ({
    hostName: match?.[1]?.toLowerCase(),
    port: match?.[2] ? Number(match[2]) : undefined,
  })
  if (method === "CONNECT") {
    const authority = hostPattern.exec(target)
    return authority?.[2] ? { ...named(authority), path: "/", query: "" } : undefined
  }
  if (target === "*") return method === "OPTIONS" ? { ...named(fromField), path: "*", query: "" } : undefined
  let rest = target
  let name = named(fromField)
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target)
  if (absolute !== null) {
    const authority = hostPattern.exec(absolute[1]!)
    if (authority === null) return undefined
    name = named(authority)
    rest = absolute[2] === "" ? "/" : absolute[2]!
  }
  if (!rest.startsWith("/")) return undefined
  const mark = rest.indexOf("?")
  const query = mark < 0 ? "" : rest.slice(mark)
  return { ...name, path: normalise(mark < 0 ? rest : rest.slice(0, mark)), query }
}

/** Percent-decoding and dot segments; what climbs above the root is refused. */
function normalise(path: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return undefined
  const decoded = path.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  const kept: string[] = []
  for (const segment of decoded.split("/").slice(1)) {
    if (segment === "..") {
      if (kept.length === 0) return undefined
      kept.pop()
    } else if (segment !== ".") kept.push(segment)
  }
  return `/${kept.join("/")}`.replace(/\/{2,}/g, "/")
}

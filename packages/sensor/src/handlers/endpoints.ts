/** Where a log handler's peer is, as far as its options tell. */

export interface Endpoint {
  readonly host: string
  readonly port: number
}

const ports: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "amqp:": 5_672,
  "amqps:": 5_671,
  "mqtt:": 1_883,
  "mqtts:": 8_883,
  "nats:": 4_222,
  "tls:": 4_222,
  "redis:": 6_379,
  "rediss:": 6_379,
}

/** Options that name an address which is not the peer. */
const otherAddresses = new Set(["hubUrl"])

/** The URLs, `host:port` texts and `host` with `port` among some options, each once. */
export function endpointsOf(options: unknown): Endpoint[] {
  const found = new Map<string, Endpoint>()
  const add = (host: string, port: number) => found.set(`${host} ${port}`, { host, port })
  const visit = (value: unknown): void => {
    if (typeof value === "string") {
      const endpoint = endpointOf(value)
      if (endpoint !== undefined) add(endpoint.host, endpoint.port)
      return
    }
    if (typeof value !== "object" || value === null) return
    const { host, port } = value as { host?: unknown; port?: unknown }
    if (typeof host === "string" && typeof port === "number") add(host, port)
    for (const [key, inner] of Object.entries(value)) if (!otherAddresses.has(key)) visit(inner)
  }
  visit(options)
  return [...found.values()]
}

function endpointOf(text: string): Endpoint | undefined {
  const plain = /^([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})$/.exec(text)
  if (plain !== null && Number(plain[2]) > 0 && Number(plain[2]) <= 65_535) {
    return { host: bare(plain[1]!), port: Number(plain[2]) }
  }
  const url = text.includes("://") ? URL.parse(text) : null
  if (url === null || url.hostname === "" || !Object.hasOwn(ports, url.protocol)) return undefined
  return { host: bare(url.hostname), port: url.port === "" ? ports[url.protocol]! : Number(url.port) }
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "")
}

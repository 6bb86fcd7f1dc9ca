/** IP addresses as text and as bytes: RFC 4291 §2.2 in, RFC 5952 out. */
const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
const ipv4Pattern = new RegExp(`^${octet}(?:\\.${octet}){3}$`)

/** 4 or 16 bytes of an address; `undefined` where the text is none. IPv4-mapped IPv6 gives 4 bytes. A zone index is refused. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (ipv4Pattern.test(text)) return Uint8Array.from(text.split(".", 4), Number)
  if (text.length < 2 || text.length > 45 || !text.includes(":")) return undefined
  const groups = parseGroups(text)
  if (groups === undefined) return undefined
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 8; i++) {
    bytes[i * 2] = groups[i]! >>> 8
    bytes[i * 2 + 1] = groups[i]! & 0xff
  }
  return isMapped(bytes) ? bytes.slice(12) : bytes
}

function parseGroups(text: string): number[] | undefined {
  let rest = text
  const tail: number[] = []
  const lastColon = rest.lastIndexOf(":")
  if (rest.includes(".")) {
    const dotted = rest.slice(lastColon + 1)
    if (!ipv4Pattern.test(dotted)) return undefined
    const [a, b, c, d] = dotted.split(".", 4).map(Number) as [number, number, number, number]
    tail.push((a << 8) | b, (c << 8) | d)
    rest = rest.slice(0, lastColon)
    if (rest.endsWith(":")) rest += ":"
    else if (rest === "") return undefined
  }
  const halves = rest.split("::")
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0]!)
  const back = halves.length === 2 ? groupsOf(halves[1]!) : []
  if (head === undefined || back === undefined) return undefined
  const known = head.length + back.length + tail.length
  if (halves.length === 1) return known === 8 ? [...head, ...tail] : undefined
  if (known > 7) return undefined
  return [...head, ...new Array<number>(8 - known).fill(0), ...back, ...tail]
}

function groupsOf(text: string): number[] | undefined {
  if (text === "") return []
  const groups = text.split(":")
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return groups.map((group) => Number.parseInt(group, 16))
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false
  return bytes[10] === 0xff && bytes[11] === 0xff
}

/** RFC 5952 text of 4 or 16 bytes. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".")
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!)
  let bestStart = -1
  let bestLength = 1
  for (let i = 0; i < 8; ) {
    let j = i
    while (j < 8 && groups[j] === 0) j++
    if (j - i > bestLength) {
      bestStart = i
      bestLength = j - i
    }
    i = j + 1
  }
  const text = (list: number[]) => list.map((group) => group.toString(16)).join(":")
  if (bestStart < 0) return text(groups)
  return `${text(groups.slice(0, bestStart))}::${text(groups.slice(bestStart + bestLength))}`
}

/** RFC 5952 form of an address, IPv4-mapped IPv6 as IPv4; `undefined` where the text is no address. */
export function normalizeAddress(text: string): string | undefined {
  if (ipv4Pattern.test(text)) return text
  const bytes = parseAddress(text)
  return bytes === undefined ? undefined : formatAddress(bytes)
}

/** A block of addresses. `bytes` has its host bits clear. */
export interface AddressBlock {
  readonly bytes: Uint8Array
  readonly prefixLength: number
}

/** A block of `address` or `address/length`; host bits are cleared; `undefined` where the text is none. */
export function parseBlock(text: string): AddressBlock | undefined {
  const slash = text.indexOf("/")
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (bytes === undefined) return undefined
  const bits = bytes.length * 8
  if (slash < 0) return { bytes, prefixLength: bits }
  const lengthText = text.slice(slash + 1)
  if (!/^[0-9]{1,3}$/.test(lengthText)) return undefined
  const prefixLength = Number(lengthText)
  if (prefixLength > bits) return undefined
  return { bytes: maskBytes(bytes, prefixLength), prefixLength }
}

export function formatBlock(block: AddressBlock): string {
  return `${formatAddress(block.bytes)}/${block.prefixLength}`
}

export function blockContains(block: AddressBlock, address: Uint8Array): boolean {
  if (address.length !== block.bytes.length) return false
  const whole = block.prefixLength >>> 3
  for (let i = 0; i < whole; i++) if (address[i] !== block.bytes[i]) return false
  const rest = block.prefixLength & 7
  return rest === 0 || ((address[whole]! ^ block.bytes[whole]!) & (0xff00 >>> rest) & 0xff) === 0
}

function maskBytes(bytes: Uint8Array, prefixLength: number): Uint8Array {
  return bytes.map((byte, i) => {
    const keep = Math.max(0, Math.min(8, prefixLength - i * 8))
    return byte & (0xff00 >>> keep) & 0xff
  })
}

/** The network that shares an accounting budget with an address: its /24, or its /64 for IPv6. `address` is in normal form. */
export function networkOf(address: string): string {
  const lastDot = address.lastIndexOf(".")
  if (lastDot > 0 && !address.includes(":")) return `${address.slice(0, lastDot)}.0/24`
  const bytes = parseAddress(address)
  return bytes === undefined ? address : formatBlock({ bytes: maskBytes(bytes, 64), prefixLength: 64 })
}

/** IANA special-purpose address registries (RFC 6890 and its updates): never routed on the public Internet, or not a host. */
const specialUse: readonly (readonly [block: string, use: string])[] = [
  ["0.0.0.0/8", "this network"],
  ["10.0.0.0/8", "private use"],
  ["100.64.0.0/10", "shared address space"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link local"],
  ["172.16.0.0/12", "private use"],
  ["192.0.0.0/24", "IETF protocol assignments"],
  ["192.0.2.0/24", "documentation"],
  ["192.88.99.0/24", "deprecated 6to4 relay anycast"],
  ["192.168.0.0/16", "private use"],
  ["198.18.0.0/15", "benchmarking"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["64:ff9b:1::/48", "local-use translation"],
  ["100::/64", "discard only"],
  ["2001::/23", "IETF protocol assignments"],
  ["2001:db8::/32", "documentation"],
  ["2002::/16", "6to4"],
  ["3fff::/20", "documentation"],
  ["5f00::/16", "segment routing"],
  ["fc00::/7", "unique local"],
  ["fe80::/10", "link local"],
  ["ff00::/8", "multicast"],
]
const specialBlocks = specialUse.map(([block, use]) => ({ block: parseBlock(block)!, use }))

/** What an address is reserved for; `undefined` where it may be a host on the public Internet. */
export function specialUseOf(address: string): string | undefined {
  const bytes = parseAddress(address)
  if (bytes === undefined) return undefined
  return specialBlocks.find(({ block }) => blockContains(block, bytes))?.use
}

/** Numbers of IANA's DNS registries, as far as they are named in answers and records. */
export const type = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
} as const
export const dnsClass = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const
export const rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  BADVERS: 16,
} as const
export const flag = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, CD: 0x0010 } as const

const moreTypes: Readonly<Record<number, string>> = {
  13: "HINFO",
  35: "NAPTR",
  43: "DS",
  46: "RRSIG",
  47: "NSEC",
  48: "DNSKEY",
  50: "NSEC3",
  52: "TLSA",
  64: "SVCB",
  65: "HTTPS",
  99: "SPF",
  257: "CAA",
}

/** `MX`, or `TYPE1234` (RFC 3597). */
export function typeName(code: number): string {
  return Object.entries(type).find(([, value]) => value === code)?.[0] ?? moreTypes[code] ?? `TYPE${code}`
}

/** `IN`, or `CLASS1234` (RFC 3597). */
export function className(code: number): string {
  return Object.entries(dnsClass).find(([, value]) => value === code)?.[0] ?? `CLASS${code}`
}

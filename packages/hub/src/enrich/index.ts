/**
 * Enrichment: what the hub knows of a remote address. It never fails and never waits: what cannot be
 * looked up is unknown (country empty, ASN 0).
 */
import { specialUseOf } from "@propolis/core"
import { type AsnLookup, openMmdbAsn, openPackagedAsn } from "./asn-source.ts"
import { type CountryLookup, openMmdbCountry, openPackagedCountry } from "./country-source.ts"

export interface AddressFacts {
  /** ISO 3166-1 alpha-2, empty where unknown. */
  readonly country: string
  /** 0 where unknown. */
  readonly asn: number
  readonly asName: string
}

export interface Attribution {
  readonly text: string
  readonly url: string
}

export interface Enricher {
  lookup(address: string): AddressFacts
  /** To be shown wherever its answers are. */
  readonly attribution: readonly Attribution[]
  /** What could not be opened, for the operator; enrichment goes on without it. */
  readonly problems: readonly string[]
}

export interface EnrichOptions {
  /** Folder for compiled tables. */
  readonly cacheDir: string
  readonly asnMmdb?: string | undefined
  readonly countryMmdb?: string | undefined
}

const unknown: AddressFacts = { country: "", asn: 0, asName: "" }
const maxRemembered = 65_536
const maxAsNameLength = 128

const ipLocationDb = { text: "ip-location-db", url: "https://github.com/sapics/ip-location-db" }
const registries = { text: "NRO delegated statistics (CC BY 4.0)", url: "https://www.nro.net/" }
const asnAttribution = [
  { text: "IP Geolocation by DB-IP", url: "https://db-ip.com/" },
  { text: "RouteViews (CC BY 4.0)", url: "https://www.routeviews.org/" },
]

export async function openEnricher(options: EnrichOptions): Promise<Enricher> {
  const problems: string[] = []
  const attempt = async <Lookup>(what: string, open: Promise<Lookup>): Promise<Lookup | undefined> => {
    try {
      return await open
    } catch (error) {
      problems.push(`${what} cannot be read: ${(error as Error).message}`)
      return undefined
    }
  }
  const [findAsn, findCountry] = await Promise.all([
    options.asnMmdb === undefined
      ? attempt("ASN data", openPackagedAsn(options.cacheDir))
      : attempt("enrich.asnMmdb", openMmdbAsn(options.asnMmdb)),
    options.countryMmdb === undefined
      ? attempt("country data", openPackagedCountry())
      : attempt("enrich.countryMmdb", openMmdbCountry(options.countryMmdb)),
  ])
  const packagedAsn = options.asnMmdb === undefined
  const packaged = packagedAsn || options.countryMmdb === undefined
  return {
    lookup: rememberingLookup(findAsn, findCountry),
    attribution: [...(packagedAsn ? asnAttribution : []), ...(packaged ? [registries, ipLocationDb] : [])],
    problems,
  }
}

/** Exported for tests: both look-ups behind one bounded memory, errors included. */
export function rememberingLookup(
  findAsn: AsnLookup | undefined,
  findCountry: CountryLookup | undefined,
): (address: string) => AddressFacts {
  const remembered = new Map<string, AddressFacts>()
  const look = (address: string): AddressFacts => {
    // A private address has no country, whatever a database says.
    if (specialUseOf(address) !== undefined) return unknown
    const system = quietly(() => findAsn?.(address))
    const country = quietly(() => findCountry?.(address)) ?? ""
    const asName = system?.name.slice(0, maxAsNameLength).toWellFormed() ?? ""
    return { country, asn: system?.asn ?? 0, asName }
  }
  return (address) => {
    const known = remembered.get(address)
    if (known !== undefined) return known
    const facts = look(address)
    if (remembered.size >= maxRemembered) remembered.clear()
    remembered.set(address, facts)
    return facts
  }
}

function quietly<Answer>(find: () => Answer | undefined): Answer | undefined {
  try {
    return find()
  } catch {
    // A damaged database: unknown is the honest answer, and ingest goes on.
    return undefined
  }
}

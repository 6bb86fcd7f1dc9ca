/** The country that an address is registered or used in: the data that npm carries, or the operator's MMDB. */
import { createRequire } from "node:module"
import { openMmdb } from "./mmdb.ts"

export type CountryLookup = (address: string) => string | undefined

const require = createRequire(import.meta.url)
const countryPattern = /^[A-Z]{2}$/

export async function openPackagedCountry(): Promise<CountryLookup> {
  return openMmdbCountry(
    require.resolve("@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb"),
  )
}

/** GeoLite2-Country or -City, DB-IP, IPinfo, ip-location-db and their like. */
export async function openMmdbCountry(file: string): Promise<CountryLookup> {
  const find = await openMmdb(file)
  return (address) => {
    const record = find(address)
    const code = record?.country_code ?? codeOf(record?.country) ?? codeOf(record?.registered_country)
    return typeof code === "string" && countryPattern.test(code) ? code : undefined
  }
}

function codeOf(country: unknown): unknown {
  if (typeof country === "string") return country
  return typeof country === "object" && country !== null && "iso_code" in country
    ? country.iso_code
    : undefined
}

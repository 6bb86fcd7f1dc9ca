/** Autonomous systems: the data that npm carries (compiled once, then kept in the cache folder) or the operator's MMDB. */
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { crc32 } from "node:zlib"
import { parseAddress } from "@propolis/core"
import { compileAsnTable } from "./asn-compile.ts"
import { type AsnEntry, AsnTable, deserializeAsnTable, serializeAsnTable } from "./asn-table.ts"
import { openMmdb } from "./mmdb.ts"

export type AsnLookup = (address: string) => AsnEntry | undefined

const require = createRequire(import.meta.url)

/** Folder of the CSV files as npm installed them. */
function packagedDir(): string {
  return dirname(require.resolve("@ip-location-db/asn/package.json"))
}

/**
 * @param cacheDir where the compiled table is kept; made when missing.
 * @param sourceDir folder with `asn-ipv4-num.csv` and `asn-ipv6.csv`.
 */
export async function openPackagedAsn(cacheDir: string, sourceDir = packagedDir()): Promise<AsnLookup> {
  const v4File = join(sourceDir, "asn-ipv4-num.csv")
  const v6File = join(sourceDir, "asn-ipv6.csv")
  const source = await fingerprint([v4File, v6File])
  const cacheFile = join(cacheDir, "asn-table.bin")
  const cached = await readFile(cacheFile).catch(() => undefined)
  let parts = cached === undefined ? undefined : deserializeAsnTable(cached, source)
  if (parts === undefined) {
    parts = compileAsnTable(await readFile(v4File), await readFile(v6File))
    await mkdir(cacheDir, { recursive: true, mode: 0o700 })
    await writeFile(`${cacheFile}.new`, serializeAsnTable(parts, source), { mode: 0o600 })
    await rename(`${cacheFile}.new`, cacheFile)
  }
  const table = new AsnTable(parts)
  return (address) => {
    const bytes = parseAddress(address)
    return bytes === undefined ? undefined : table.find(bytes)
  }
}

/** Changes when the files do. */
async function fingerprint(files: readonly string[]): Promise<number> {
  const facts = await Promise.all(files.map(async (file) => ({ file, ...(await stat(file)) })))
  return crc32(facts.map(({ file, size, mtimeMs }) => `${file} ${size} ${mtimeMs}\n`).join(""))
}

/** GeoLite2-ASN, DB-IP ASN Lite, IPinfo and their like. */
export async function openMmdbAsn(file: string): Promise<AsnLookup> {
  const find = await openMmdb(file)
  return (address) => {
    const record = find(address)
    if (record === undefined) return undefined
    const asn = asnNumber(record.autonomous_system_number ?? record.asn)
    if (asn === undefined) return undefined
    const name = record.autonomous_system_organization ?? record.as_name ?? record.name
    return { asn, name: typeof name === "string" ? name : "" }
  }
}

function asnNumber(value: unknown): number | undefined {
  const asn = typeof value === "string" ? Number(value.replace(/^AS/i, "")) : value
  return typeof asn === "number" && Number.isInteger(asn) && asn > 0 && asn <= 0xffff_ffff ? asn : undefined
}
